import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

extension SignalsMethods {
    func batch(
        _ params: Signals.Batch.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Signals.Batch.Reply {
        // Siblings of a newer release may send what this one does not know; clients may not.
        let unknownMembers: JSONReader.UnknownMembers = call.principal.hasPrefix("service:") ? .ignore : .refuse
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(params.items.count)
        for (index, item) in params.items.enumerated() {
            do {
                let fact = try Fact(item, at: index, unknownMembers)
                let outcome = try transaction.undoingFailure(of: fact) { () throws(RPCError) in
                    try take(fact, for: call, in: transaction)
                }
                verdicts.append(
                    Verdict(
                        index: index, status: outcome.isNew ? .accepted : .duplicate,
                        messageId: outcome.messageID.text))
            } catch {
                guard error.isOfSender else { throw error }
                verdicts.append(Verdict(index: index, status: .rejected, code: error.code, message: error.message))
            }
        }
        return Signals.Batch.Reply(verdicts: verdicts)
    }
}

extension Fact {
    /// Reads an item of a batch; one that breaks its contract fails alone.
    fileprivate init(
        _ item: JSONRaw, at index: Int, _ unknownMembers: JSONReader.UnknownMembers
    ) throws(RPCError) {
        enum Item {
            case track(TrackItem)
            case identify(IdentifyItem)
        }
        let read: Item
        do {
            read = try item.withReader(unknownMembers: unknownMembers) { (reader) throws(JSONError) in
                switch try reader.readAhead(to: "type") {
                case "track": return .track(try TrackItem(from: &reader))
                case "identify": return .identify(try IdentifyItem(from: &reader))
                default: throw reader.fail(.constraint, "must be track or identify")
                }
            }
        } catch {
            throw Place.item(index).invalid(error.pointer, error.message)
        }
        switch read {
        case .track(let item): try self.init(item, at: index)
        case .identify(let item): try self.init(item, at: index)
        }
    }
}

extension WriteTransaction {
    /// Runs `body`, which takes a fact in, so that its changes are undone when it throws, and those before it are not.
    ///
    /// Only traits can turn out to be too many when some of them are stored already; a fact without any fails before
    /// it has changed anything, and needs no savepoint.
    func undoingFailure<T>(of fact: Fact, _ body: () throws(RPCError) -> T) throws(RPCError) -> T {
        if fact.traits.isEmpty { return try body() }
        do {
            return try connection.savepoint(body)
        } catch let error as RPCError {
            throw error
        } catch let error as SQLiteError {
            throw RPCError(error)
        } catch {
            throw .internalError("\(error)")
        }
    }
}

extension RPCError {
    /// Whether what was sent is at fault, and not the place where it was to be kept: then it fails alone.
    var isOfSender: Bool {
        switch code {
        case Code.invalidParams, Code.conflict, Code.suppressed, Code.consentMissing: true
        default: false
        }
    }

    /// Whether what was sent must not even be kept to look at: of somebody who was erased, or specially protected.
    var forbidsKeeping: Bool { code == Code.suppressed || code == Code.consentMissing }
}
