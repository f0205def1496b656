import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit

/// Takes privacy requests and what is decided about them; ``PrivacySaga`` carries them out.
struct PrivacyRequestsService: PrivacyRequests.Service {
    let requests = PrivacyRequestStore()
    let references = PrivacyReferenceStore()
    let codes: VerificationCode
    let saga: PrivacySaga
    let archives: PrivacyArchives
    let subscriptions: CallbackSubscriptions
    private let stored = PrivacyArchiveStore()
    private let notices = PrivacyNoticeStore()

    init(
        codes: VerificationCode, saga: PrivacySaga, archives: PrivacyArchives, subscriptions: CallbackSubscriptions
    ) {
        self.codes = codes
        self.saga = saga
        self.archives = archives
        self.subscriptions = subscriptions
    }

    func submit(
        _ params: PrivacyRequests.Submit.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequest {
        try checkIsCarriedOut(params.kind)
        try check(params.corrections, for: params.kind)
        try check(params.regulation, for: params.kind)
        let brand = try brand(of: call)
        let callbackURLs = try subscriptions.check(params.callbackUrls)
        let contentDigest = params.reference.map { _ in codes.digest(ofContent: params.json()) }
        if let known = try known(params, contentDigest, of: brand, in: transaction) {
            return try reply(known, in: transaction)
        }
        let id = transaction.newID(at: call.now)
        let isVouched = params.identity == .controller
        let code = try isVouched ? nil : makeCode()
        let request = StoredPrivacyRequest(
            id: id, brand: brand, kind: params.kind, regulation: params.regulation,
            status: isVouched ? .verified : .received, identity: params.identity,
            codeDigest: code.map { codes.digest($0, of: id) },
            attemptsLeft: isVouched ? nil : VerificationCode.attempts, identifiers: params.identifiers, actors: [],
            corrections: params.corrections, receivedAt: call.now, verifiedAt: isVouched ? call.now : nil)
        try requests.insert(request, in: transaction)
        if params.reference != nil || params.submittedAt != nil {
            try references.insert(
                params.reference, contentDigest: contentDigest, submittedAt: params.submittedAt, of: id, brand: brand,
                in: transaction)
        }
        try subscriptions.add(callbackURLs, to: id, in: transaction)
        saga.wake()
        return request.reply([], code: code)
    }

    /// The request that was sent before with the same reference, if there is one.
    ///
    /// - Throws: conflict when it was another.
    private func known(
        _ params: PrivacyRequests.Submit.Params, _ contentDigest: [UInt8]?, of brand: UUIDv7,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredPrivacyRequest? {
        guard let reference = params.reference, let contentDigest,
            let earlier = try references.find(reference, of: brand, in: transaction)
        else { return nil }
        guard let expected = earlier.contentDigest, constantTimeEqual(contentDigest, expected) else {
            throw .conflict("The brand has another privacy request with the reference \(reference).")
        }
        return try requests.find(earlier.request, in: transaction)
    }

    func get(
        _ params: PrivacyRequests.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequest {
        let request = try find(params.id, in: transaction, for: call)
        return try reply(request, in: transaction)
    }

    func list(
        _ params: PrivacyRequests.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequests.List.Reply {
        var cursor: UUIDv7?
        if let text = params.cursor {
            cursor = UUIDv7(text)
            if cursor == nil { throw .invalidCursor }
        }
        let brand = try brand(of: call)
        if let reference = params.reference {
            return try list(reference, params.status, of: brand, in: transaction)
        }
        let found = try requests.list(
            brand: brand, status: params.status, before: cursor, limit: Int64(params.limit) + 1, in: transaction)
        var page: [PrivacyRequest] = []
        for request in found.prefix(params.limit) {
            page.append(try reply(request, in: transaction))
        }
        return PrivacyRequests.List.Reply(
            items: page, nextCursor: found.count > page.count ? page.last.map { "\($0.id)" } : nil)
    }

    /// The one request that its sender calls so.
    private func list(
        _ reference: String, _ status: PrivacyStatus?, of brand: UUIDv7, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> PrivacyRequests.List.Reply {
        guard let id = try references.find(reference, of: brand, in: transaction)?.request,
            let request = try requests.find(id, in: transaction), status == nil || request.status == status
        else { return PrivacyRequests.List.Reply(items: []) }
        return PrivacyRequests.List.Reply(items: [try reply(request, in: transaction)])
    }

    func certificate(
        _ params: PrivacyRequests.Certificate.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> SignedCertificate {
        let request = try find(params.id, in: transaction, for: call)
        guard let certificate = try requests.certificate(of: request.id, in: transaction) else {
            guard request.status != .completed else {
                throw .illegalTransition(
                    "The certificate of this request waits for the audit log to be signed; ask again in a second.")
            }
            throw .illegalTransition(
                "This request is \(request.status.rawValue); only one that is completed has a certificate.")
        }
        return certificate
    }

    private func reply(
        _ request: StoredPrivacyRequest, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> PrivacyRequest {
        request.reply(
            try requests.services(of: request.id, in: transaction), try stored.find(request.id, in: transaction),
            notices: try notices.summary(of: request.id, in: transaction))
    }

    func download(
        _ params: PrivacyRequests.Download.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequests.Download.Reply {
        let request = try find(params.id, in: transaction, for: call)
        guard request.status == .completed, let archive = try stored.find(request.id, in: transaction) else {
            throw .illegalTransition(
                "This request is \(request.status.rawValue), of the kind \(request.kind.rawValue): an archive is there when "
                    + "one for access, portability or an accounting is completed.")
        }
        return try archives.part(of: archive, from: params.offset, at: call.now, in: transaction)
    }

    // MARK: What is decided

    func approve(
        _ params: PrivacyRequests.Approve.Params, for call: CallContext
    ) async throws(RPCError) -> PrivacyRequests.Approve.Reply {
        // Slow, and so on no thread that others wait for.
        let made = try PrivacyArchives.begin()
        let runtime = archives.runtime
        Failpoint.approved.before(runtime.name)
        let request = try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
            var request = try find(params.id, in: transaction, for: call)
            guard saga.works[request.kind]?.needsApproval == true else {
                throw .conflict("A request for \(request.kind.rawValue) needs no approval.")
            }
            if let approvedAt = request.approvedAt {
                throw .conflict("This request was approved at \(approvedAt); its passphrase is shown once.")
            }
            guard request.status == .verified else {
                throw .illegalTransition(
                    "This request is \(request.status.rawValue); only one that is verified can be approved.")
            }
            request.approvedAt = call.now
            try requests.update(request, in: transaction)
            try stored.insert(request.id, header: made.header, dataKey: made.dataKey, in: transaction)
            return try reply(request, in: transaction)
        }
        Failpoint.approved.after(runtime.name)
        saga.wake()
        return PrivacyRequests.Approve.Reply(request: request, passphrase: made.passphrase)
    }

    func verify(
        _ params: PrivacyRequests.Verify.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequest {
        try change(params.id, to: .verified, in: transaction, for: call) { request in
            let digest = codes.digest(params.code, of: request.id)
            let left = request.attemptsLeft ?? 0
            if left > 0, let expected = request.codeDigest, constantTimeEqual(digest, expected) {
                request.status = .verified
                request.verifiedAt = call.now
            } else {
                request.attemptsLeft = max(0, left - 1)
                if left <= 1 { request.end(as: .denied, .identityNotVerified, at: call.now) }
            }
        }
    }

    func deny(
        _ params: PrivacyRequests.Deny.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequest {
        try change(params.id, to: .denied, in: transaction, for: call) { request throws(RPCError) in
            try PrivacyTransitions.check(request, denialFor: params.reason)
            request.end(as: .denied, params.reason, at: call.now)
        }
    }

    func cancel(
        _ params: PrivacyRequests.Cancel.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequest {
        try change(params.id, to: .cancelled, in: transaction, for: call) { request in
            request.end(as: .cancelled, at: call.now)
        }
    }

    func extend(
        _ params: PrivacyRequests.Extend.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequest {
        var request = try find(params.id, in: transaction, for: call)
        guard request.isOpen else {
            throw .illegalTransition("This request is \(request.status.rawValue); its time is no longer counted.")
        }
        guard request.dueAt != nil else {
            throw .conflict(
                "Until when this request must be answered is not known yet, for tenancy has not said what days the "
                    + "brand works; try again shortly.")
        }
        guard let noticeBy = request.noticeBy else {
            throw .conflict(
                request.extendedAt == nil
                    ? "The time of this request cannot be extended." : "The time of this request was extended already.")
        }
        guard call.now < noticeBy else {
            throw .conflict("The person had to be told of an extension before \(noticeBy).")
        }
        request.extendedAt = call.now
        try requests.update(request, in: transaction)
        return try reply(request, in: transaction)
    }

    /// Changes a request that may become `status`.
    private func change(
        _ id: UUIDv7, to status: PrivacyStatus, in transaction: borrowing WriteTransaction, for call: CallContext,
        _ change: (inout StoredPrivacyRequest) throws(RPCError) -> Void
    ) throws(RPCError) -> PrivacyRequest {
        var request = try find(id, in: transaction, for: call)
        try PrivacyTransitions.check(request, to: status)
        try change(&request)
        try requests.update(request, in: transaction)
        saga.wake()
        return try reply(request, in: transaction)
    }

    private func checkIsCarriedOut(_ kind: PrivacyKind) throws(RPCError) {
        guard saga.works[kind] == nil else { return }
        let carriedOut = PrivacyKind.allCases.filter { saga.works[$0] != nil }.map(\.rawValue)
        throw .invalidParams(
            at: "/params/kind",
            "is \(kind.rawValue), which this release does not carry out; it does \(carriedOut.joined(separator: ", "))")
    }

    private func check(_ corrections: [Correction], for kind: PrivacyKind) throws(RPCError) {
        guard (kind == .correction) != corrections.isEmpty else {
            throw .invalidParams(
                at: "/params/corrections",
                kind == .correction ? "must say what is wrong and what is right" : "belong to a request for correction")
        }
        for (index, correction) in corrections.enumerated() {
            let place = "/params/corrections/\(index)"
            switch correction.of {
            case .trait:
                if correction.was != nil { throw .invalidParams(at: place + "/was", "is for identifiers") }
                if let value = correction.value, (try? JSONRaw(validating: value)) == nil {
                    throw .invalidParams(at: place + "/value", "must be JSON, such as \"Bern\" with its quotes, or 42")
                }
            case .identifier:
                guard let was = correction.was else {
                    throw .invalidParams(at: place + "/was", "must say what is wrong")
                }
                guard let value = correction.value else {
                    throw .invalidParams(at: place + "/value", "must say what is right")
                }
                try checkIdentifier(correction.name, was, at: place + "/was")
                try checkIdentifier(correction.name, value, at: place + "/value")
            }
            let others = corrections[..<index].contains { $0.of == correction.of && $0.name == correction.name }
            if others { throw .invalidParams(at: place + "/name", "must be another one for each correction") }
        }
    }

    private func check(_ regulation: Regulation, for kind: PrivacyKind) throws(RPCError) {
        guard kind == .accounting, regulation != .hipaa else { return }
        throw .invalidParams(
            at: "/params/regulation",
            "is \(regulation.rawValue), and only hipaa knows an accounting of disclosures (45 CFR 164.528): name that, or "
                + "ask for access, whose copy says to whom the data was given (GDPR Art. 15(1)(c))")
    }

    private func checkIdentifier(_ type: String, _ value: String, at place: String) throws(RPCError) {
        do {
            _ = try Identifier(type: type, value: value).canonical()
        } catch {
            throw .invalidParams(at: place, error.problem)
        }
    }

    private func makeCode() throws(RPCError) -> String {
        do {
            return try codes.make()
        } catch {
            throw .internalError("No verification code could be made: \(error)")
        }
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable, for call: CallContext
    ) throws(RPCError) -> StoredPrivacyRequest {
        let brand = try brand(of: call)
        guard let request = try requests.find(id, of: brand, in: transaction) else {
            throw .notFound("privacy request", id)
        }
        return request
    }

    private func brand(of call: CallContext) throws(RPCError) -> UUIDv7 {
        guard let brand = call.brand else { throw .forbidden("A privacy request needs a brand: name it in meta.") }
        return brand
    }
}

extension StoredPrivacyRequest {
    /// Ends it, and forgets whose it was.
    mutating func end(as status: PrivacyStatus, _ reason: DenialReason? = nil, at time: Timestamp) {
        self.status = status
        self.reason = reason
        endedAt = time
        identifiers = []
        corrections = []
    }
}
