extension JSONReader {
    /// Reads a UUID of version 7 in its text form, either case.
    public mutating func readUUID() throws(JSONError) -> UUIDv7 {
        let id = try readStringBytes { (text) throws(JSONError) in UUIDv7(text: text) }
        guard let id else { throw failure(.constraint, "must be a UUID of version 7", valueStart) }
        return id
    }

    /// Reads a moment in the form of RFC 3339.
    public mutating func readTimestamp() throws(JSONError) -> Timestamp {
        let timestamp = try readStringBytes { (text) throws(JSONError) in Timestamp(text: text) }
        guard let timestamp else {
            throw failure(.constraint, "must be a date and time such as 2026-01-31T12:00:00Z", valueStart)
        }
        return timestamp
    }

    /// Reads a day in the form 2026-01-31.
    public mutating func readDate() throws(JSONError) -> CalendarDate {
        let date = try readStringBytes { (text) throws(JSONError) in CalendarDate(text: text) }
        guard let date else { throw failure(.constraint, "must be a date such as 2026-01-31", valueStart) }
        return date
    }

    /// Reads an amount of money, a string such as "12.34".
    public mutating func readAmount() throws(JSONError) -> Amount {
        let amount = try readStringBytes { (text) throws(JSONError) in Amount(text: text) }
        guard let amount else {
            throw failure(
                .constraint, "must be an amount such as \"12.34\", with at most 4 decimals, up to \(Amount.maximum)",
                valueStart)
        }
        return amount
    }

    /// Reads a currency code of three capital letters.
    public mutating func readCurrency() throws(JSONError) -> Currency {
        let currency = try readStringBytes { (text) throws(JSONError) in Currency(text: text) }
        guard let currency else { throw failure(.constraint, "must be a currency code such as EUR", valueStart) }
        return currency
    }

    /// Reads an e-mail address that `EmailAddress` accepts, as it was written.
    public mutating func readEmail() throws(JSONError) -> String {
        let text = try readStringKey()
        let isValid: Bool
        if text.hasEscapes {
            isValid = EmailAddress.isValid(text.string)
        } else {
            isValid = EmailAddress.isValid(UnsafeRawBufferPointer(start: text.start, count: text.count))
        }
        guard isValid else { throw failure(.constraint, "must be an e-mail address", valueStart) }
        return text.string
    }
}
