import CivilTime

/// Where people live.
public struct HomeTown: Sendable, Equatable {
    public let city: String
    /// Its name in the time zone database.
    public let timezone: String
    /// What clocks show there, as POSIX writes it: in the program, so that everybody's people are the same.
    let rule: String

    static let all = [
        HomeTown(city: "Amsterdam", timezone: "Europe/Amsterdam", rule: central),
        HomeTown(city: "Athens", timezone: "Europe/Athens", rule: "EET-2EEST,M3.5.0/3,M10.5.0/4"),
        HomeTown(city: "Berlin", timezone: "Europe/Berlin", rule: central),
        HomeTown(city: "Chicago", timezone: "America/Chicago", rule: "CST6CDT,M3.2.0,M11.1.0"),
        HomeTown(city: "Copenhagen", timezone: "Europe/Copenhagen", rule: central),
        HomeTown(city: "Dublin", timezone: "Europe/Dublin", rule: "GMT0IST,M3.5.0/1,M10.5.0"),
        HomeTown(city: "Lagos", timezone: "Africa/Lagos", rule: "WAT-1"),
        HomeTown(city: "Lisbon", timezone: "Europe/Lisbon", rule: "WET0WEST,M3.5.0/1,M10.5.0"),
        HomeTown(city: "London", timezone: "Europe/London", rule: "GMT0BST,M3.5.0/1,M10.5.0"),
        HomeTown(city: "Madrid", timezone: "Europe/Madrid", rule: central),
        HomeTown(city: "Melbourne", timezone: "Australia/Melbourne", rule: "AEST-10AEDT,M10.1.0,M4.1.0/3"),
        HomeTown(city: "Milan", timezone: "Europe/Rome", rule: central),
        HomeTown(city: "Mumbai", timezone: "Asia/Kolkata", rule: "IST-5:30"),
        HomeTown(city: "New York", timezone: "America/New_York", rule: "EST5EDT,M3.2.0,M11.1.0"),
        HomeTown(city: "Osaka", timezone: "Asia/Tokyo", rule: "JST-9"),
        HomeTown(city: "Paris", timezone: "Europe/Paris", rule: central),
        HomeTown(city: "Prague", timezone: "Europe/Prague", rule: central),
        HomeTown(city: "Seoul", timezone: "Asia/Seoul", rule: "KST-9"),
        HomeTown(city: "Toronto", timezone: "America/Toronto", rule: "EST5EDT,M3.2.0,M11.1.0"),
        HomeTown(city: "Vienna", timezone: "Europe/Vienna", rule: central),
    ]

    private static let central = "CET-1CEST,M3.5.0,M10.5.0/3"

    /// What clocks show there.
    var zone: TimeZoneRules {
        guard let zone = try? TimeZoneRules(posix: rule) else { preconditionFailure("\(timezone) has a rule") }
        return zone
    }
}
