/// Renders what the methods of one noun share: the protocol a service implements, how its methods are registered, and
/// a client.
struct NounRenderer {
    let noun: String
    let methods: [Method]

    private var name: String { SwiftName.type(noun) }

    func render(to text: inout SourceText) {
        let names = Phrase.all(methods.map { "`\($0.name)`" })
        text.documentation(["The types of \(names)."])
        text.block("public enum \(name)") { (text: inout SourceText) in
            text.documentation(["What a service implements to answer \(names)."])
            text.block("public protocol Service: Sendable") { (text: inout SourceText) in
                for method in methods {
                    text.blank()
                    text.documentation(method.documentation)
                    Self.function("func", method, to: &text)
                }
            }
            renderClient(&text)
        }
        text.blank()
        renderRegistration(&text)
    }

    /// `func revoke(_ params: Revoke.Params, …) throws(RPCError) -> Revoke.Reply`.
    private static func function(_ head: String, _ method: Method, to text: inout SourceText) {
        let type = SwiftName.type(method.verb)
        var parameters = ["_ params: \(type).Params"]
        if let transaction = method.transactionType { parameters.append("in transaction: borrowing \(transaction)") }
        parameters.append("for call: CallContext")
        let effects = method.kind == .flow ? "async throws(RPCError)" : "throws(RPCError)"
        text.list(
            "\(head) \(SwiftName.member(method.verb))(", parameters, ") \(effects) -> \(type).Reply",
            closeOnOwnLine: true)
    }

    // MARK: Client

    private func renderClient(_ text: inout SourceText) {
        text.blank()
        text.documentation(["Calls these methods of a peer."])
        text.block("public struct Client: Sendable") { (text: inout SourceText) in
            text.line("private let peer: any JSONRPCClient")
            text.blank()
            text.block("public init(_ peer: any JSONRPCClient)") { $0.line("self.peer = peer") }
            for method in methods {
                let type = SwiftName.type(method.verb)
                text.blank()
                text.documentation(method.documentation)
                text.list(
                    "public func \(SwiftName.member(method.verb))(",
                    ["_ params: \(type).Params", "for call: CallContext? = nil"],
                    ") async throws(RPCError) -> \(type).Reply {", closeOnOwnLine: true)
                text.indented {
                    $0.line("try await peer.call(\(SwiftLiteral.string(method.name)), params, context: call)")
                }
                text.line("}")
            }
        }
    }

    // MARK: Registration

    private func renderRegistration(_ text: inout SourceText) {
        text.block("extension \(name).Service") { (text: inout SourceText) in
            text.documentation(["Registers \(names) with `table`."])
            text.block("public func registerMethods(with table: inout MethodTable)") { (text: inout SourceText) in
                for method in methods { Self.registration(method, name, to: &text) }
            }
        }
    }

    private var names: String { Phrase.all(methods.map { "`\($0.name)`" }) }

    private static func registration(_ method: Method, _ noun: String, to text: inout SourceText) {
        let type = "\(noun).\(SwiftName.type(method.verb))"
        let verb = SwiftName.member(method.verb)
        text.line("table.\(method.kind.rawValue)(\(type).method) {")
        text.indented { (text: inout SourceText) in
            if let transaction = method.transactionType {
                let parameters = "(params: \(type).Params, transaction: borrowing \(transaction), call)"
                if text.indent + parameters.count + " throws(RPCError) in".count <= SourceText.width {
                    text.line(parameters + " throws(RPCError) in")
                } else {
                    text.line(parameters)
                    text.indented { $0.line("throws(RPCError) in") }
                }
                text.line("try self.\(verb)(params, in: transaction, for: call)")
            } else {
                text.line("(params: \(type).Params, call) throws(RPCError) in")
                text.line("try await self.\(verb)(params, for: call)")
            }
        }
        text.line("}")
    }
}

extension Method {
    /// What a read or write works in; a flow has none.
    fileprivate var transactionType: String? {
        switch kind {
        case .read: "ReadTransaction"
        case .write: "WriteTransaction"
        case .flow: nil
        }
    }
}
