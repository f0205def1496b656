extension SyntheticPopulation {
    /// The columns of ``table(of:)``.
    public static let heading = "order_id,customer_id,ordered_at,quantity,amount_usd,products\n"

    /// What people bought, as CSV (RFC 4180, but with line feeds), person by person, each oldest first, without a
    /// heading.
    ///
    /// - Parameter range: people's numbers. What shards give, one after the other, is what all give together.
    public func table(of range: Range<Int>) -> String {
        var text = ""
        for person in people(in: range) {
            for purchase in purchases(of: person) {
                let basket = purchase.basket
                text += "\(person.userID)-order-\(purchase.number),\(person.userID),\(purchase.moment),"
                text += "\(basket.quantity),\(basket.amount),\(basket.text)\n"
            }
        }
        return text
    }
}
