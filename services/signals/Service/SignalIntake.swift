import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Takes facts in, each once: finds or makes the actor, keeps the signal, applies what is stated.
struct SignalIntake: Sendable {
    let tombstones: Tombstones
    let specialFields: SpecialFieldCache
    let followers: EventFollowers
    let actors = ActorStore()
    let signals = SignalStore()
    let traits = TraitStore()
    let consents = ConsentStore()

    struct Outcome: Sendable {
        let messageID: MessageID
        let actor: ActorStore.Key?
        let isNew: Bool
    }

    /// Takes one fact in, or recognises one that was taken before.
    ///
    /// - Throws: invalidParams for a time too far ahead; conflict for identifiers of two actors, for a message id that
    ///   names another fact, and for more than is kept of one actor; suppressed for somebody who was erased;
    ///   consentMissing for specially protected fields without a basis. Only what is more than is kept may then have
    ///   left something, for the caller to roll back.
    func take(
        _ fact: Fact, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Outcome {
        try checkTime(of: fact, now)
        try checkContacts(of: fact, in: transaction)
        let person = try resolve(fact.identifiers, in: transaction)
        try checkBasis(of: fact, person, at: now, in: transaction)
        let actor = try actor(of: person, at: now, in: transaction)
        let messageID = fact.messageID ?? MessageID(transaction.newID(at: now))
        if try insert(fact, as: messageID, of: actor, at: now, in: transaction) {
            try complete(fact, messageID, person, actor, at: now, in: transaction)
            return Outcome(messageID: messageID, actor: actor, isNew: true)
        }
        try checkSame(fact, messageID, person, in: transaction)
        return Outcome(messageID: messageID, actor: person.actor, isNew: false)
    }

    // MARK: Steps, which imports take one by one

    /// Whom the identifiers of one fact point to.
    struct Person: Sendable {
        var actor: ActorStore.Key?
        /// Identifiers that point to nobody yet.
        var unknown: [Identifier] = []
    }

    func checkTime(of fact: Fact, _ now: Timestamp) throws(RPCError) {
        guard let time = fact.timestamp, time.microseconds - now.microseconds > IntakeLimits.aheadMicroseconds else {
            return
        }
        throw fact.place.invalid("/timestamp", "must be at most 24 hours ahead of now")
    }

    /// Refuses erased people whose e-mail address or telephone number comes as a trait or a property, whosever it is said
    /// to be.
    func checkContacts(of fact: Fact, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard let properties = fact.properties, try !tombstones.isEmpty(in: transaction) else { return }
        let contacts: [Identifier]
        do throws(JSONError) {
            contacts = try Identifier.contacts(in: properties)
        } catch {
            throw fact.place.invalid("/properties" + error.pointer, error.message)
        }
        for contact in contacts
        where try tombstones.contains(type: contact.type, value: contact.value, in: transaction) {
            throw .suppressed("The person with this \(contact.type)")
        }
    }

    /// Finds whom identifiers point to; writes nothing.
    func resolve(
        _ identifiers: [Identifier], in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Person {
        var person = Person()
        var evidence: Identifier?
        for identifier in identifiers {
            guard let actor = person.actor, let evidence else {
                person.actor = try actors.find(identifier, in: transaction)
                if person.actor == nil { person.unknown.append(identifier) } else { evidence = identifier }
                continue
            }
            // It is known who it is: the number alone says whether this identifier agrees.
            guard let number = try actors.number(of: identifier, in: transaction) else {
                person.unknown.append(identifier)
                continue
            }
            if number != actor.number {
                throw .conflict(
                    "This \(evidence.type) and this \(identifier.type) belong to two different people; "
                        + "send each with a call of its own.")
            }
        }
        // Erasure removes an identifier when it leaves the tombstone, so those that were found have none.
        for identifier in person.unknown
        where try tombstones.contains(type: identifier.type, value: identifier.value, in: transaction) {
            throw .suppressed("The person with this \(identifier.type)")
        }
        if let actor = person.actor, !person.unknown.isEmpty {
            try checkRoom(for: person.unknown.count, actor, in: transaction)
        }
        return person
    }

    /// Refuses specially protected traits, and properties of events, of somebody of whom nothing is recorded that allows
    /// them, at any depth. Removing a trait is always allowed.
    func checkBasis(
        of fact: Fact, _ person: Person, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        if fact.properties == nil { return }
        let fields = try specialFields.fields(in: transaction)
        let isStatement = fact.event == Fact.identifyEvent
        let member = isStatement ? "/traits" : "/properties"
        var stated: [StatedSpecialField] = []
        do throws(JSONError) {
            if isStatement {
                for trait in fact.traits { stated += try fields.traits.stated(by: trait) }
            } else if !fields.properties.isEmpty, let properties = fact.properties {
                stated = try fields.properties.stated(in: properties)
            }
        } catch {
            throw fact.place.invalid(member + error.pointer, error.message)
        }
        guard !stated.isEmpty else { return }
        var covered: Set<SpecialCategory> = []
        if let actor = person.actor {
            covered = try consents.specialCategories(of: actor.number, at: now, in: transaction)
        }
        guard let missing = stated.first(where: { !covered.contains($0.category) }) else { return }
        throw .consentMissing(at: fact.place.name(of: member + missing.pointer), category: missing.category.rawValue)
    }

    /// The actor, or the one that is to be made if the signal turns out to be new; nil without identifiers.
    func actor(
        of person: Person, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> ActorStore.Key? {
        if person.actor != nil || person.unknown.isEmpty { return person.actor }
        return ActorStore.Key(number: try actors.nextNumber(in: transaction), id: transaction.newID(at: now))
    }

    func insert(
        _ fact: Fact, as messageID: MessageID, of actor: ActorStore.Key?, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let isNew = try signals.insert(
            StoredSignal(
                messageID: messageID, event: fact.event, actor: actor?.number, occurredAt: fact.timestamp ?? now,
                receivedAt: now, revenue: fact.revenue, currency: fact.currency, importNumber: fact.importNumber,
                properties: fact.properties),
            in: transaction)
        if isNew, actor != nil { try followers.notice(fact.event, at: now, in: transaction) }
        return isNew
    }

    /// What a new signal brings beside itself: the actor, identifiers and traits.
    func complete(
        _ fact: Fact, _ messageID: MessageID, _ person: Person, _ actor: ActorStore.Key?, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let actor else { return }
        if person.actor == nil { try actors.insert(actor, at: now, in: transaction) }
        for identifier in person.unknown { try actors.attach(identifier, to: actor, at: now, in: transaction) }
        if person.actor != nil, !person.unknown.isEmpty {
            try StopNews(tombstones: tombstones).tell(
                learned: person.unknown, of: actor.number, at: now, in: transaction)
        }
        guard !fact.traits.isEmpty else { return }
        let message = messageID.text
        for trait in fact.traits {
            try traits.state(trait, of: actor.number, at: fact.timestamp ?? now, by: message, in: transaction)
        }
        let size = try traits.size(of: actor.number, in: transaction)
        guard size.names <= IntakeLimits.traitsOfActor, size.bytes <= IntakeLimits.traitBytesOfActor else {
            throw .conflict(
                "This person would have \(size.names) traits of \(size.bytes) bytes in all; at most "
                    + "\(IntakeLimits.traitsOfActor) of \(IntakeLimits.traitBytesOfActor) bytes are kept.")
        }
    }

    /// Makes identifiers that are nobody's point to somebody who is known.
    func learn(
        _ identifiers: [Identifier], of actor: ActorStore.Key, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try checkRoom(for: identifiers.count, actor, in: transaction)
        for identifier in identifiers { try actors.attach(identifier, to: actor, at: now, in: transaction) }
        try StopNews(tombstones: tombstones).tell(learned: identifiers, of: actor.number, at: now, in: transaction)
    }

    private func checkRoom(
        for count: Int, _ actor: ActorStore.Key, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let present = try actors.identifierCount(of: actor.number, in: transaction)
        guard present + count > IntakeLimits.identifiersOfActor else { return }
        throw .conflict(
            "This person has \(present) identifiers; with \(count) more there would be over "
                + "\(IntakeLimits.identifiersOfActor).")
    }

    // MARK: A message id that is taken

    private func checkSame(
        _ fact: Fact, _ messageID: MessageID, _ person: Person, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let stored = try signals.find(messageID, in: transaction) else {
            throw .internalError("A signal is there when it is inserted, and not when it is read.")
        }
        let differences = stored.differences(from: fact, person)
        guard !differences.isEmpty else { return }
        throw .conflict(
            "The messageId '\(messageID.text)' names another signal, with a different "
                + "\(differences.joined(separator: ", ")); each id is for one signal.")
    }
}

extension StoredSignal {
    /// The members in which a fact that came under the same name says something else.
    func differences(from fact: Fact, _ person: SignalIntake.Person) -> [String] {
        var names: [String] = []
        if event != fact.event { names.append("event") }
        // Who sends an identifier that is not known, or nobody's, does not say what was said before.
        if actor != person.actor?.number || !person.unknown.isEmpty { names.append("person") }
        // Without a timestamp a signal happened when it arrived.
        if occurredAt != fact.timestamp ?? receivedAt { names.append("timestamp") }
        if revenue != fact.revenue { names.append("revenue") }
        if currency != fact.currency { names.append("currency") }
        if !Self.isSame(properties, fact.properties) {
            names.append(event == Fact.identifyEvent ? "traits" : "properties")
        }
        return names
    }

    /// Whether two objects say the same, in whatever order.
    private static func isSame(_ left: [UInt8]?, _ right: [UInt8]?) -> Bool {
        if left == right { return true }
        guard let left, let right, let before = try? JSONValue(parsing: left), let now = try? JSONValue(parsing: right)
        else { return false }
        return before == now
    }
}
