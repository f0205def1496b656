import Assignment
import JSON
import JSONRPC
import ServiceContract

/// Refuses a change, which is written already and undone by the refusal, after which the brand's experiments, layers,
/// holdouts and groups would not compile. So what is stored always compiles.
struct AssignmentCheck {
    /// What is written: what is wrong with it is a matter of the parameters, what is wrong with others a conflict.
    enum Subject: Equatable {
        case experiment(String)
        case holdout(String)
        case savedGroup(String)
        /// What others may still need.
        case removal
    }

    /// - Throws: invalidParams at what is wrong with the subject; conflict that names what else is.
    func check(
        _ subject: Subject, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let definitions = try AssignmentDefinitions(at: now, in: transaction)
        let problem: AssignmentError
        do throws(AssignmentError) {
            try definitions.checkGroups()
            _ = try definitions.set(withholding: definitions.holdouts)
            return
        } catch {
            problem = error
        }
        let place = Place(problem.pointer, definitions)
        guard let place, place.subject == subject else {
            throw .conflict(place.map { "\($0.name) \(problem.message)." } ?? "The change cannot be: \(problem).")
        }
        throw .invalidParams(at: "/params" + place.inner, problem.message)
    }

    /// Where in the definitions something is wrong.
    private struct Place {
        let subject: Subject
        let inner: String

        var name: String {
            switch subject {
            case .experiment(let key): "The experiment \(key), at \(inner),"
            case .holdout(let key): "The holdout \(key), at \(inner),"
            case .savedGroup(let key): "The saved group \(key), at \(inner),"
            case .removal: "Something"
            }
        }

        init?(_ pointer: String, _ definitions: AssignmentDefinitions) {
            let parts = pointer.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count > 2, let index = Int(parts[2]) else { return nil }
            let inner = parts.dropFirst(3).map { "/" + $0 }.joined()
            switch parts[1] {
            case "experiments" where definitions.experiments.indices.contains(index):
                (subject, self.inner) = (.experiment(definitions.experiments[index].key), inner)
            case "holdouts" where definitions.holdouts.indices.contains(index):
                let isMember = parts.count > 3 && parts[3] == "scope"
                subject = .holdout(definitions.holdouts[index].key)
                self.inner = isMember ? "/members" + parts.dropFirst(4).map { "/" + $0 }.joined() : inner
            case "savedGroups" where definitions.groupKeys.indices.contains(index):
                (subject, self.inner) = (.savedGroup(definitions.groupKeys[index]), inner)
            case "layers" where definitions.layers.indices.contains(index):
                let slots = definitions.layers[index].slots
                guard parts.count > 4, let slot = Int(parts[4]), slots.indices.contains(slot) else { return nil }
                (subject, self.inner) = (.experiment(slots[slot].experiment), "/slot")
            default: return nil
            }
        }
    }
}
