import CommonAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit
import SignalsAPI

extension ActorDirectory {
    /// A trait is put right by a statement like any other, later than what it puts right: it stays until its sender
    /// states something else. What was said before is kept beside it. An identifier is exchanged for the right one,
    /// under which the person is known from then on.
    func correct(
        _ corrections: [Correction], of identifiers: [Identifier], actors: [UUIDv7], request: UUIDv7,
        at time: Timestamp, refusing tombstones: Tombstones, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> SubjectCorrection {
        // Before a crash, the identifier that pointed to them may have been exchanged already.
        let known = try actors + CorrectionStore().actors(of: request, in: transaction)
        let subjects = try find(identifiers, actors: known, in: transaction)
        var touched: [String: Int] = [:]
        var correction = SubjectCorrection()
        for wrong in corrections {
            // One that several actors share is right when it is right for each of them.
            var outcome: CorrectionOutcome.Outcome?
            for subject in subjects {
                let one =
                    switch wrong.of {
                    case .trait: try trait(wrong, of: subject, request, at: time, tombstones, in: transaction)
                    case .identifier: try identifier(wrong, of: subject, request, at: time, tombstones, in: transaction)
                    }
                if one == .corrected {
                    touched["corrections", default: 0] += 1
                    touched[wrong.of == .trait ? "traits" : "identifiers", default: 0] += 1
                }
                if outcome == nil || one == .corrected || one == .taken || one == .basisMissing { outcome = one }
            }
            guard let outcome else { continue }
            correction.outcomes.append(
                CorrectionOutcome(of: wrong.of == .trait ? .trait : .identifier, name: wrong.name, outcome: outcome))
        }
        correction.subjects = try find([], actors: subjects.map(\.id), in: transaction)
        correction.rows = touched.sorted { $0.key < $1.key }.map { TableRows(table: $0.key, rows: $0.value) }
        return correction
    }

    private func trait(
        _ correction: Correction, of subject: Subject, _ request: UUIDv7, at now: Timestamp, _ tombstones: Tombstones,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> CorrectionOutcome.Outcome {
        let store = CorrectionStore()
        if try store.contains(.trait, correction.name, of: subject.number, request: request, in: transaction) {
            return .corrected
        }
        let before = try store.trait(correction.name, of: subject.number, in: transaction)
        if before?.value == correction.value { return before == nil ? .unknown : .unchanged }
        let value: JSONRaw?
        do {
            value = try correction.value.map { text throws(JSONError) in try JSONRaw(validating: text) }
        } catch {
            throw .internalError("The right value of a trait is no JSON: \(error.message)")
        }
        let right = StatedTrait(name: correction.name, value: value)
        if try !mayState(right, before?.value, of: subject, at: now, in: transaction) { return .basisMissing }
        var statement = JSONWriter(capacity: 128)
        statement.beginObject()
        statement.key(correction.name)
        value.write(to: &statement)
        statement.endObject()
        if try isOfErased(statement.bytes(), tombstones, in: transaction) { return .taken }
        // Later than what it puts right, whatever clock that was stated by.
        let time = Timestamp(microseconds: max(now.microseconds, (before?.statedAt.microseconds ?? 0) + 1))
        let messageID = Self.messageID(of: correction.name, request, subject.id)
        _ = try SignalStore().insert(
            StoredSignal(
                messageID: messageID, event: Fact.identifyEvent, actor: subject.number, occurredAt: time,
                receivedAt: now, revenue: nil, currency: nil, importNumber: nil, properties: statement.bytes()),
            in: transaction)
        try TraitStore().state(
            right, of: subject.number, at: time, by: messageID.text, in: transaction)
        try store.insert(
            .trait, correction.name, was: before?.value, of: subject.number, request: request, at: now,
            in: transaction)
        return .corrected
    }

    /// Whether an object states the e-mail address or telephone number of somebody who was erased.
    private func isOfErased(
        _ object: [UInt8], _ tombstones: Tombstones, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let contacts: [Identifier]
        do throws(JSONError) {
            contacts = try Identifier.contacts(in: object)
        } catch {
            throw .internalError("The right value of a trait is no JSON: \(error.message)")
        }
        for contact in contacts
        where try tombstones.contains(type: contact.type, value: contact.value, in: transaction) { return true }
        return false
    }

    /// What is there may be put right; something specially protected is added like any other statement of it.
    private func mayState(
        _ trait: StatedTrait, _ before: String?, of subject: Subject, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let registry = SpecialTraitRegistry(try SpecialTraitStore().all(in: transaction))
        let categories: Set<SpecialCategory>
        do {
            let was = StatedTrait(name: trait.name, value: try before.map { try JSONRaw(validating: $0) })
            categories = Set(try registry.stated(by: trait).map(\.category))
                .subtracting(try registry.stated(by: was).map(\.category))
        } catch {
            throw .internalError("The value of a trait is no JSON: \(error)")
        }
        if categories.isEmpty { return true }
        return try ConsentStore().specialCategories(of: subject.number, at: now, in: transaction)
            .isSuperset(of: categories)
    }

    private func identifier(
        _ correction: Correction, of subject: Subject, _ request: UUIDv7, at now: Timestamp, _ tombstones: Tombstones,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> CorrectionOutcome.Outcome {
        guard let was = correction.was, let value = correction.value else { return .unknown }
        let store = CorrectionStore()
        let wrong = Self.canonical(correction.name, was)
        let right = Self.canonical(correction.name, value)
        guard subject.identifiers.contains(wrong) else {
            let isDone = try store.contains(
                .identifier, correction.name, of: subject.number, request: request, in: transaction)
            if isDone { return .corrected }
            return subject.identifiers.contains(right) ? .unchanged : .unknown
        }
        if wrong == right { return .unchanged }
        if let owner = try ActorStore().number(of: right, in: transaction), owner != subject.number { return .taken }
        if try tombstones.contains(type: right.type, value: right.value, in: transaction) { return .taken }
        try store.replace(wrong, by: right, of: subject.number, at: now, in: transaction)
        try StopNews(tombstones: tombstones).tell(
            learned: [right], wrong: [wrong], of: subject.number, at: now, in: transaction)
        try store.insert(
            .identifier, correction.name, was: nil, of: subject.number, request: request, at: now, in: transaction)
        return .corrected
    }

    private static func canonical(_ type: String, _ value: String) -> Identifier {
        let identifier = Identifier(type: type, value: value)
        return (try? identifier.canonical()) ?? identifier
    }

    /// The same for the same request, so that a crash leaves one statement.
    private static func messageID(of trait: String, _ request: UUIDv7, _ actor: UUIDv7) -> MessageID {
        SHA256.hash(request.bytes + actor.bytes + Array(trait.utf8)).withUnsafeBytes { MessageID(hash: $0) }
    }
}
