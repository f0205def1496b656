import JSON
import Mapping
import Testing

@Suite("Mapping templates")
struct MappingTemplateTests {
    @Test("What a template does not say has a plain meaning")
    func defaults() throws {
        let actors = try MappingTemplate(json: #"{"source_fields": {"id": "entity_id"}}"#)
        #expect(actors.kind == .actors)
        #expect(actors.source == nil)
        #expect(actors.delimiter == UInt8(ascii: ","))
        #expect(actors.timestampFormat == .rfc3339)
        #expect(actors.timeZoneOffsetMinutes == 0)
        let signals = try MappingTemplate(
            json: """
                {"source_fields": {"id": "identifier.customerId", "date": "timestamp", "amount": "revenue"},
                 "constants": {"event": "Order Completed"}}
                """)
        #expect(signals.kind == .signals)
    }

    @Test(
        "A mistake is named with its place and what would be right",
        arguments: [
            (#"[]"#, "must be an object"),
            (#"{}"#, "sets no identifier: map a column to identifier.<type>"),
            (#"{"kind": "people"}"#, "/kind: must be signals or actors"),
            (#"{"name": "x"}"#, "/name: is not a known member"),
            (
                #"{"source": "My Shop"}"#,
                "/source: must start with a small letter and have small letters, digits and hyphens, at most 60"
            ),
            (#"{"kind": "actors", "kind": "actors"}"#, "/kind: appears twice"),
            (#"{"source_fields": {"a": "entity_id", "a": "segment_id"}}"#, "/source_fields/a: appears twice"),
            (#"{"source_fields": {"a": 1}}"#, "/source_fields/a: must be a string"),
            (
                #"{"source_fields": {"a": "entity_id", "b": "identifier.customerId"}}"#,
                "/source_fields/b: sets 'identifier.customerId', which is set already"
            ),
            (
                #"{"source_fields": {"a": "entity_id"}, "json_mappings": {"x": ["b"]}, "constants": {"traits.x": 1}}"#,
                "/constants/traits.x: sets 'traits.x', which is set already"
            ),
            (
                #"{"source_fields": {"a": "traits.a.b"}}"#,
                "/source_fields/a: has the name 'a.b'; a name has 1 to 100 characters, no dot, colon or control character"
            ),
            (
                #"{"source_fields": {"a": "traits.n:integer"}}"#,
                "/source_fields/a: has the format 'integer'; there are text, number, boolean, date, timestamp"
            ),
            (
                #"{"source_fields": {"a": "identifier.E-Mail"}}"#,
                "/source_fields/a: has the identifier type 'E-Mail'; a type starts with a small letter and has letters, "
                    + "digits and underscores, at most 40"
            ),
            (
                #"{"computed_fields": {"lifecycle_stage": "CASE\n  WHEN days <> THEN 'x'\nEND"}}"#,
                "/computed_fields/lifecycle_stage: line 2, column 16: expected an operand, not THEN"
            ),
            (#"{"json_mappings": {"demographics": []}}"#, "/json_mappings/demographics: must name a column"),
            (#"{"json_mappings": {"demographics": ["a", "a"]}}"#, "/json_mappings/demographics/1: appears twice"),
            (#"{"constants": {"traits.a": null}}"#, "/constants/traits.a: must be a text, a number, true or false"),
            (#"{"constants": {"traits.a": ""}}"#, "/constants/traits.a: must not be empty"),
            (#"{"constants": {"traits.a": 1e38}}"#, "/constants/traits.a: must have at most 38 digits"),
            (
                #"{"time_zone_offset": "EST"}"#,
                "/time_zone_offset: must be an offset from UTC such as +02:00, -05:00 or Z"
            ),
            (#"{"time_zone_offset": ""}"#, "/time_zone_offset: must be an offset from UTC such as +02:00, -05:00 or Z"),
            (#"{"delimiter": "\""}"#, "/delimiter: must be one ASCII character, no quote and no line break"),
            (#"{"delimiter": ", "}"#, "/delimiter: must be one ASCII character, no quote and no line break"),
            (
                #"{"timestamp_format": "yyyy-MM"}"#,
                "/timestamp_format: the date format names no day; a day has yyyy, MM and dd"
            ),
            (
                #"{"source_fields": {"t": "timestamp", "r": "revenue", "i": "entity_id"}}"#,
                "sets no event: add it to constants or source_fields"
            ),
            (
                #"{"kind": "signals", "source_fields": {"i": "entity_id"}, "constants": {"event": "e"}}"#,
                "sets no timestamp: map a column to it"
            ),
            (
                #"{"kind": "signals", "source_fields": {"i": "entity_id", "t": "timestamp"}, "#
                    + #""constants": {"event": "e", "currency": "usd"}}"#,
                "/constants/currency: is not a currency code of three capital letters, such as USD"
            ),
            (
                #"{"source_fields": {"i": "entity_id"}, "constants": {"lifetime_value": "much"}}"#,
                "/constants/lifetime_value: is not a number of at most 38 digits"
            ),
            (
                #"{"retail_mapping": {"source_fields": {"a": "entity_id"}}, "telecom_mapping": {}}"#,
                "/retail_mapping: holds more than one mapping, 'retail_mapping' and 'telecom_mapping': send one"
            ),
            (
                #"{"retail_mapping": {"source_fields": {"a": "entity_idd"}}}"#,
                "/retail_mapping/source_fields/a: names the target 'entity_idd', which actors do not have; there are "
                    + "identifier.<type>, traits.<name>, anonymousId, cohort_id, current_value_score, data_quality_score, "
                    + "engagement_score, entity_id, entity_type, external_id, first_interaction_date, is_active, "
                    + "last_interaction_date, lifecycle_stage, lifetime_value, responsiveness_score, risk_score, segment_id, "
                    + "subsegment_ids, tenure_days, timestamp"
            ),
            (
                #"{"kind": "signals", "source_fields": {"a": "traits.x"}}"#,
                "/source_fields/a: names the target 'traits.x', which signals do not have; there are identifier.<type>, "
                    + "properties.<name>, anonymousId, currency, entity_id, event, messageId, outcome_timestamp, "
                    + "outcome_type, outcome_value, revenue, timestamp"
            ),
        ])
    func mistakes(_ template: String, _ description: String) {
        let error = #expect(throws: JSONError.self) { try MappingTemplate(json: template) }
        #expect(error?.description == description)
    }

    @Test("A template may set 1,024 fields and 16 identifiers")
    func limits() throws {
        func template(fields: Int, identifiers: Int) -> String {
            let entries =
                (0..<identifiers).map { #""i\#($0)": "identifier.i\#($0)""# }
                + (0..<fields - identifiers).map { #""t\#($0)": "traits.t\#($0)""# }
            return #"{"source_fields": {\#(entries.joined(separator: ", "))}}"#
        }
        _ = try MappingTemplate(json: template(fields: MappingTemplate.maximumAssignments, identifiers: 16))
        let fields = #expect(throws: JSONError.self) {
            try MappingTemplate(json: template(fields: 1_025, identifiers: 16))
        }
        #expect(fields?.message == "is one more than the 1024 fields that a template may have")
        let identifiers = #expect(throws: JSONError.self) {
            try MappingTemplate(json: template(fields: 17, identifiers: 17))
        }
        #expect(identifiers?.message == "sets 17 identifiers; at most 16 can be")
    }

    @Test("Names may be as long as their limits")
    func nameLimits() throws {
        func isAccepted(source: Int = 1, type: Int = 1, member: Int = 1) -> Bool {
            let names = [source, type, member].map { String(repeating: "n", count: $0) }
            let template = """
                {"source": "\(names[0])", "source_fields": {"a": "identifier.\(names[1])", "b": "traits.\(names[2])"}}
                """
            return (try? MappingTemplate(json: template)) != nil
        }
        #expect(isAccepted(source: 60, type: 40, member: 100))
        #expect(!isAccepted(source: 61))
        #expect(!isAccepted(type: 41))
        #expect(!isAccepted(member: 101))
        #expect(!isAccepted(source: 0))
        #expect(!isAccepted(type: 0))
        #expect(!isAccepted(member: 0))
    }

    @Test("A column that the file does not have is named, with those it has")
    func missingColumns() throws {
        let template = try MappingTemplate(
            json: """
                {"source_fields": {"customer": "entity_id"}, "computed_fields": {"lifecycle_stage": "lower(stage)"},
                 "json_mappings": {"demographics": ["age:number"]}}
                """)
        func error(_ header: [String]) -> String? {
            #expect(throws: MappingError.self) { try Mapping(template, header: header) }?.description
        }
        #expect(
            error(["customer_id", "date"])
                == "source_fields/customer names the column 'customer', which the file does not have; it has "
                + "'customer_id', 'date'")
        #expect(
            error(["customer", "Stage"])
                == "computed_fields/lifecycle_stage names the column 'stage', which the file does not have; it has "
                + "'customer', 'Stage'")
        #expect(
            error(["customer", "stage"])
                == "json_mappings/demographics names the column 'age', which the file does not have; it has "
                + "'customer', 'stage'")
        #expect(error(Array(repeating: "x", count: 25))?.hasSuffix("'x', 'x' and 5 more") == true)
        _ = try Mapping(template, header: ["stage", "customer", "age"])
        _ = try Mapping(template, header: ["stage", "customer", "age:number"])
    }

    @Test(
        "Offsets are written in any of the usual ways",
        arguments: [
            ("Z", 0), ("+00:00", 0), ("+02:00", 120), ("-05:00", -300), ("+0530", 330), ("-08", -480),
        ])
    func offsets(_ text: String, _ minutes: Int) throws {
        let template = try MappingTemplate(
            json: #"{"source_fields": {"i": "entity_id"}, "time_zone_offset": "\#(text)"}"#)
        #expect(template.timeZoneOffsetMinutes == minutes)
    }
}
