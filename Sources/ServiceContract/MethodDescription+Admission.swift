extension MethodDescription {
    /// Whether the contract lets `principal` call this method: the one rule, for the gateway and for services.
    ///
    /// - Parameters:
    ///   - principal: as in a ``JSONRPC/CallContext``.
    ///   - scopes: what a key may do, as `noun:verb` with `*` as a wildcard.
    public func admits(principal: String, scopes: [String]) -> Bool {
        if isOpen { return true }
        if principal == "admin" { return callers.contains("admin") || callers.contains("public") }
        if principal.hasPrefix("service:") { return callers.contains(principal) }
        guard callers.contains("public") else { return false }
        guard let scope else { return true }
        return scopes.contains { Self.scope($0, covers: scope) }
    }

    /// Whether a caller may call this method who reaches only some of the brand's actors.
    public func admits(reaching segments: [String]?) -> Bool {
        segments == nil || actors != .everybody || isOpen
    }

    /// Whether it needs no key.
    public var isOpen: Bool { callers.contains("anyone") }

    /// Whether clients of the gateway, as opposed to services, have any way to call this method.
    public var isPublic: Bool {
        callers.contains { $0 == "public" || $0 == "anyone" || $0 == "admin" }
    }

    /// - Parameter needed: a noun and a verb, of which the granted one may leave either or both open: `*:read`.
    static func scope(_ granted: String, covers needed: String) -> Bool {
        if granted == needed || granted == "*:*" { return true }
        if granted.hasPrefix("*:") { return needed.hasSuffix(granted.dropFirst()) }
        return granted.hasSuffix(":*") && needed.hasPrefix(granted.dropLast())
    }
}
