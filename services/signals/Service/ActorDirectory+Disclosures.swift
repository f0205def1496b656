import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

extension ActorDirectory {
    func recipients(
        of subjects: [Subject], after number: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [SubjectRecipient] {
        var known: [DisclosureStore.Known] = []
        for subject in subjects {
            known += try DisclosureStore().known(subject.number, after: Int64(number), in: transaction)
        }
        // Whoever is behind the last of these is named when it is asked again.
        known.sort { $0.through < $1.through }
        known = Array(known.prefix(DisclosureStore.namedAtOnce))
        return Dictionary(grouping: known, by: \.recipient.id).sorted { $0.key < $1.key }.map { _, known in
            let recipient = known[0].recipient
            let named = known.filter { $0.reference == nil }
            return SubjectRecipient(
                recipientId: recipient.id, name: recipient.name, address: recipient.address,
                contact: recipient.contact, noticeUrl: recipient.noticeUrl,
                references: Array(Set(known.compactMap(\.reference))).sorted(),
                identifiers: Array(Set(named.compactMap(\.identifier))).sorted {
                    ($0.type, $0.value) < ($1.type, $1.value)
                },
                actorIds: Array(Set(named.filter { $0.identifier == nil }.map(\.actor))).sorted(),
                through: Int(known.map(\.through).max() ?? 0))
        }
    }

    /// What must be accounted for stays.
    func leave(
        _ subjects: [Subject], request: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for subject in subjects {
            try DisclosureStore().forget(subject.number, for: request, at: time, in: transaction)
        }
    }
}
