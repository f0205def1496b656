import ServiceKit

extension DataMap {
    /// What the gateway's own database holds.
    static let gateway = DataMap([
        Table(
            "privacy_requests", "requests by or for data subjects; identifiers only until completed", .nobody,
            kept: "for ever, as proof; without identifiers once completed",
            columns: [
                "id", "brand", "kind", "regulation", "status", "identifiers", "actors", "received_at", "completed_at",
            ]),
        Table(
            "privacy_request_rows", "how many rows each service erased", .nobody, kept: "for ever, as proof",
            columns: ["request", "service", "erased_table", "rows"]),
        Table(
            "privacy_request_services", "which services are done with a request", .nobody,
            kept: "for ever, as proof", columns: ["request", "service", "known"]),
    ])
}
