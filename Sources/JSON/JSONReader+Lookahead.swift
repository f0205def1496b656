extension JSONReader {
    /// Looks ahead for the string member `name` of the object that comes next, which stays unread: the member that
    /// tells the objects of a union apart, wherever it stands among the others.
    ///
    /// An error that `fail` makes right after this is about that member.
    public mutating func readAhead(to name: StaticString) throws(JSONError) -> JSONKey {
        let place = (cursor, nameStart, namesCheckedTo, depth, isFresh)
        try beginObject()
        while let key = try nextMember() {
            guard key == name else {
                try skip()
                continue
            }
            let text = try readStringKey()
            (cursor, nameStart, namesCheckedTo, depth, isFresh) = place
            return text
        }
        throw missing(name)
    }
}
