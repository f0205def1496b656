import CommonAPI
import JSON
import Population
import SignalsAPI

/// A made-up population in the words that every sender of signals uses. Each fact has a message id of its own, always
/// the same, so that it is taken once.
struct PopulationFacts {
    static let event = "Order Completed"
    static let currency = Currency("USD")
    /// What people agreed to.
    static let purpose = "marketing"

    let population: SyntheticPopulation

    func identify(_ person: Individual) -> IdentifyItem {
        var identifiers: [Identifier] = []
        if let email = person.email { identifiers.append(Identifier(type: "email", value: email)) }
        if let phone = person.phone { identifiers.append(Identifier(type: "phone", value: phone)) }
        let traits: JSONValue = [
            "firstName": .string(person.firstName), "lastName": .string(person.lastName),
            "city": .string(person.town.city), "timezone": .string(person.town.timezone),
            "age": .number(JSONNumber(Int64(person.age))), "plan": .string(person.plan.rawValue),
            "household": .string(person.householdID),
        ]
        return IdentifyItem(
            userId: person.userID, identifiers: identifiers.isEmpty ? nil : identifiers, messageId: person.userID,
            timestamp: person.joinedAt, traits: JSONRaw(traits))
    }

    func order(_ purchase: Purchase, of person: Individual) -> TrackItem {
        let properties: JSONValue = [
            "quantity": .number(JSONNumber(Int64(purchase.basket.quantity))),
            "products": .string(purchase.basket.text),
        ]
        return TrackItem(
            event: Self.event, userId: person.userID, messageId: "\(person.userID)-order-\(purchase.number)",
            timestamp: purchase.moment, revenue: purchase.basket.amount, currency: Self.currency,
            properties: JSONRaw(properties))
    }

    /// Nil for whom did not agree to anything.
    func consent(_ person: Individual) -> Consents.Record.Params? {
        guard person.consents else { return nil }
        return Consents.Record.Params(
            purpose: Self.purpose, legalBasis: .consent,
            identifier: Identifier(type: "customerId", value: person.userID), noticeVersion: "2025-11",
            proof: ConsentProof(method: .webForm, source: "shop.example/join"), givenAt: person.joinedAt)
    }

    /// The mapping by which `gyre import` takes ``SyntheticPopulation/table(of:)``, as the same facts.
    static let mapping = """
        source: population
        source_fields:
          order_id: messageId
          customer_id: identifier.customerId
          ordered_at: timestamp
          quantity: properties.quantity:number
          amount_usd: revenue
          products: properties.products
        constants:
          event: \(event)
          currency: USD

        """
}
