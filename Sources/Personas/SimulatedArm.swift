/// What would be done: who is in it is contacted on these days until they unsubscribe.
public struct SimulatedArm: Sendable, Hashable {
    public struct Contact: Sendable, Hashable {
        /// From 0, the first day.
        public let day: Int
        /// By their places in the schema.
        public let offer: Int
        public let channel: Int

        public init(day: Int, offer: Int, channel: Int) {
            self.day = day
            self.offer = offer
            self.channel = channel
        }
    }

    public let name: String
    /// By ascending day, one a day at most; none to do nothing.
    public let contacts: [Contact]

    public init(_ name: String, contacts: [Contact]) {
        self.name = name
        self.contacts = contacts
    }
}
