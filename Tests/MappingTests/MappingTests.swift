import JSON
import Mapping
import Testing

@Suite("Mapping rows")
struct MappingTests {
    @Test("A row of purchases becomes a signal, exact to the cent")
    func signals() throws {
        let mapped = try MappingFixture(
            """
            {"kind": "signals", "source": "cdnow",
             "source_fields": {"customer_id": "identifier.customerId", "date": "timestamp", "amount_usd": "revenue",
                               "quantity": "properties.quantity:number"},
             "constants": {"event": "Order Completed", "currency": "USD"},
             "timestamp_format": "yyyy-MM-dd"}
            """,
            "customer_id,date,quantity,amount_usd\r\n00001,1997-01-01,1,11.77\r\n\"00002\",1997-01-12,5,77.00\r\n")
        #expect(mapped.refusals.isEmpty)
        #expect(mapped.unusedColumns.isEmpty)
        let first = try #require(mapped.records.first)
        #expect(first.kind == .signals)
        #expect(first.event == "Order Completed")
        #expect(first.timestamp == Timestamp("1997-01-01T00:00:00Z"))
        #expect(first.identifiers == [.init(type: "customerId", value: "00001")])
        #expect(first.revenue == Amount("11.77"))
        #expect(first.currency == Currency("USD"))
        #expect(first.messageID == nil)
        #expect(first.propertiesText == #"{"quantity":1}"#)
        #expect(first.traitsText == "{}")
        #expect(mapped.records.map(\.revenue) == [Amount("11.77"), Amount("77.00")])
    }

    // The two templates of the cross-industry data schema, section "Industry Mapping Templates", as their YAML reads.
    static let retail = """
        {"retail_mapping": {
          "source_fields": {"customer_id": "entity_id", "customer_segment": "segment_id", "ltv": "lifetime_value",
                            "last_purchase_date": "last_interaction_date"},
          "computed_fields": {"lifecycle_stage": "CASE \\n  WHEN days_since_last_purchase < 30 THEN 'active'\\n  \
        WHEN days_since_last_purchase < 90 THEN 'at_risk'\\n  ELSE 'churned'\\nEND\\n"},
          "json_mappings": {"demographics": ["age_group", "gender", "location"],
                            "preferences": ["favorite_categories", "preferred_brands"]}}}
        """
    static let telecom = """
        {"telecom_mapping": {"source_fields": {"subscriber_id": "entity_id", "plan_segment": "segment_id",
          "arpu": "current_value_score", "churn_probability": "risk_score"}}}
        """

    @Test("The retail template of the data schema runs as it stands")
    func retailTemplate() throws {
        let mapped = try MappingFixture(
            Self.retail,
            """
            customer_id,customer_segment,ltv,last_purchase_date,days_since_last_purchase,age_group,gender,location,\
            favorite_categories,preferred_brands,email
            7,gold,1250.50,2024-11-30,12,25-34,f,"Portland, OR","[""shoes""]",nike,ada@example.com
            8,,,,45,,,,,,
            9,silver,lots,2024-11-30,90,,,,,,
            10,silver,1,2024-11-30,,,m,,,,

            """)
        #expect(mapped.unusedColumns == ["email"])
        #expect(
            mapped.records.map(\.traitsText) == [
                #"{"segment_id":"gold","lifetime_value":1250.5,"last_interaction_date":"2024-11-30","#
                    + #""lifecycle_stage":"active","#
                    + #""demographics":{"age_group":"25-34","gender":"f","location":"Portland, OR"},"#
                    + #""preferences":{"favorite_categories":"[\"shoes\"]","preferred_brands":"nike"}}"#,
                #"{"lifecycle_stage":"at_risk"}"#,
                #"{"segment_id":"silver","lifetime_value":1,"last_interaction_date":"2024-11-30","#
                    + #""lifecycle_stage":"churned","demographics":{"gender":"m"}}"#,
            ])
        #expect(mapped.records.map(\.identifiers) == ["7", "8", "10"].map { [.init(type: "customerId", value: $0)] })
        #expect(mapped.records.allSatisfy { $0.kind == .actors && $0.timestamp == nil && $0.propertiesText == "{}" })
        let refusal = try #require(mapped.refusals[4])
        #expect(refusal.description == "ltv is not a number of at most 38 digits")
        #expect(refusal.value == "lots")
        #expect(try MappingTemplate(json: Self.retail).source == "retail")
    }

    @Test("The telecom template of the data schema runs as it stands")
    func telecomTemplate() throws {
        let mapped = try MappingFixture(
            Self.telecom, "subscriber_id,plan_segment,arpu,churn_probability\ns-1,family,89.99,0.82\n")
        #expect(mapped.records.count == 1)
        #expect(
            mapped.records.first?.traitsText
                == #"{"segment_id":"family","current_value_score":89.99,"risk_score":0.82}"#)
    }

    @Test("Every target of a signal is filled, and empty fields are left out")
    func allSignalTargets() throws {
        let mapped = try MappingFixture(
            """
            {"source_fields": {"what": "event", "when": "timestamp", "id": "messageId", "mail": "identifier.email",
                               "cookie": "anonymousId", "who": "entity_id", "paid": "revenue", "in": "currency",
                               "note": "properties.note", "n": "properties.n:number", "b": "properties.b:boolean",
                               "d": "properties.d:date", "t": "properties.t:timestamp"},
             "computed_fields": {"properties.big": "paid >= 100", "properties.half": "paid / 2",
                                 "properties.day": "date(d)", "properties.none": "nullif(note, note)"},
             "json_mappings": {"context": ["note", "n:number", "b"]},
             "constants": {"properties.fixed": "x", "properties.one": 1.50, "properties.yes": true},
             "timestamp_format": "M/d/yyyy h:mm a", "time_zone_offset": "-05:00", "delimiter": ";"}
            """,
            "what;when;id;mail;cookie;who;paid;in;note;n;b;d;t\n"
                + "Paid;12/31/1999 11:59 PM;m-1;a@b.c;k;7; +0100.1200 ;EUR;\"a \"\"b\"\"\n\u{1F600}\";-007.50;Yes;"
                + "1999-12-31;1/1/2000 12:00 AM\n"
                + "Paid;1/1/2000 12:00 PM;;;k;;;;;;;;\n")
        #expect(mapped.refusals.isEmpty)
        let full = try #require(mapped.records.first)
        #expect(full.event == "Paid")
        #expect(full.timestamp == Timestamp("2000-01-01T04:59:00Z"))
        #expect(full.messageID == "m-1")
        #expect(full.identifiers.map(\.type) == ["email", "anonymousId", "customerId"])
        #expect(full.identifiers.map(\.value) == ["a@b.c", "k", "7"])
        #expect(full.revenue == Amount("100.12"))
        #expect(full.currency == Currency("EUR"))
        let expected =
            #"{"note":"a \"b\"\n😀","n":-7.5,"b":true,"d":"1999-12-31","t":"2000-01-01T05:00:00Z","big":true,"#
            + #""half":50.06,"day":"1999-12-31","context":{"note":"a \"b\"\n😀","n":-7.5,"b":"Yes"},"#
            + #""fixed":"x","one":1.5,"yes":true}"#
        #expect(full.propertiesText == expected)
        let empty = try #require(mapped.records.last)
        #expect(empty.timestamp == Timestamp("2000-01-01T17:00:00Z"))
        #expect(empty.identifiers == [.init(type: "anonymousId", value: "k")])
        #expect((empty.messageID, empty.revenue, empty.currency) == (nil, nil, nil))
        #expect(empty.propertiesText == #"{"fixed":"x","one":1.5,"yes":true}"#)
    }

    @Test("Computed fields fill every kind of target")
    func computedTargets() throws {
        let mapped = try MappingFixture(
            """
            {"kind": "signals",
             "computed_fields": {"event": "'Order ' || status", "timestamp": "date(day, 'dd.MM.yyyy')",
                                 "identifier.customerId": "lower(trim(id))", "messageId": "concat(id, '-', n)",
                                 "revenue": "round(net * 1.19, 2)", "currency": "coalesce(cur, 'EUR')",
                                 "properties.when:timestamp": "date(day, 'dd.MM.yyyy')",
                                 "properties.n:number": "n || '0'"},
             "time_zone_offset": "+01:00"}
            """,
            "id,status,day,net,cur,n\n A7 ,Paid,31.12.1999,9.99,,4\n")
        let record = try #require(mapped.records.first)
        #expect(mapped.refusals.isEmpty)
        #expect(record.event == "Order Paid")
        #expect(record.timestamp == Timestamp("1999-12-31T00:00:00+01:00"))
        #expect(record.identifiers == [.init(type: "customerId", value: "a7")])
        #expect(record.messageID == " A7 -4")
        #expect(record.revenue == Amount("11.89"))
        #expect(record.currency == Currency("EUR"))
        #expect(record.propertiesText == #"{"when":"1999-12-30T23:00:00Z","n":40}"#)
    }

    @Test(
        "A row that does not fit names the column, the reason and the start of the value",
        arguments: [
            ("x,1997-13-01,1,", "date is not a timestamp; they are written as 'yyyy-MM-dd'", "1997-13-01"),
            ("x,1997-02-29,1,", "date is not a timestamp; they are written as 'yyyy-MM-dd'", "1997-02-29"),
            ("x,,1,", "timestamp is empty, and a signal needs one", nil),
            (",1997-01-01,1,", "identifier is missing: every column that holds one is empty", nil),
            (
                "x,1997-01-01,1.00001,", "paid is not an amount of money with at most 4 decimals, such as 12.34",
                "1.00001"
            ),
            ("x,1997-01-01,$1,", "paid is not an amount of money with at most 4 decimals, such as 12.34", "$1"),
            (
                "x,1997-01-01,922337203685477.5808,",
                "paid is not an amount of money with at most 4 decimals, such as 12.34", "922337203685477.5808"
            ),
            ("x,1997-01-01,0,", "properties.inverse cannot be computed: line 1, column 3: the divisor is zero", nil),
            (
                "x,1997-01-01,1,maybe", "flag is not true or false (nor yes, no, t, f, y, n, 1 or 0)", "maybe"
            ),
        ] as [(String, String, String?)])
    func refusals(_ row: String, _ description: String, _ value: String?) throws {
        let mapped = try MappingFixture(
            """
            {"source_fields": {"id": "identifier.customerId", "date": "timestamp", "paid": "revenue",
                               "flag": "properties.flag:boolean"},
             "computed_fields": {"properties.inverse": "1 / paid"},
             "constants": {"event": "Paid"}, "timestamp_format": "yyyy-MM-dd"}
            """, "id,date,paid,flag\n\(row)\ny,1997-01-01,1,true\n")
        #expect(mapped.records.count == 1)
        #expect(mapped.refusals[2]?.description == description)
        #expect(mapped.refusals[2]?.value == value)
    }

    @Test("No error repeats more than 40 characters of a value")
    func longValue() throws {
        let value = String(repeating: "v", count: 300)
        let mapped = try MappingFixture(
            #"{"source_fields": {"id": "entity_id", "n": "traits.n:number"}}"#, "id,n\n1,\(value)\n\(value),1\n")
        #expect(mapped.refusals[2]?.value == String(value.prefix(40)))
        #expect(mapped.refusals[3]?.description == "id has more than 256 characters")
        #expect(mapped.refusals[3]?.value == String(value.prefix(40)))
    }

    @Test(
        "Amounts are read exactly, however files write them",
        arguments: [
            ("0", "0"), ("-0", "0"), ("11.77", "11.77"), ("11.7700", "11.77"), ("11.770000000000", "11.77"),
            ("-5", "-5"),
            ("+5.5", "5.5"), (" 5 ", "5"), ("00012.30", "12.3"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"),
            ("1.5e-3", "0.0015"), ("922337203685477.5807", "922337203685477.5807"),
            ("-922337203685477.5808", "-922337203685477.5808"), ("99999999999999", "99999999999999"),
            ("100000000000000", "100000000000000"),
        ])
    func amounts(_ text: String, _ expected: String) throws {
        let mapped = try MappingFixture(
            #"{"source_fields": {"id": "entity_id", "t": "timestamp", "v": "revenue"}, "constants": {"event": "e"}}"#,
            "id,t,v\n1,2024-01-01,\(text)\n")
        #expect(mapped.records.first?.revenue == Amount(expected))
    }

    @Test("Properties may have 32,768 bytes together")
    func memberLimit() throws {
        // {"a":"…"} is eight bytes longer than the text.
        let text = String(repeating: "x", count: MappedRecord.maximumMemberBytes - 8)
        let mapped = try MappingFixture(
            #"{"source_fields": {"id": "entity_id", "a": "traits.a"}}"#, "id,a\n1,\(text)\n2,\(text)x\n")
        #expect(mapped.records.map(\.traits.count) == [MappedRecord.maximumMemberBytes])
        #expect(mapped.refusals[3]?.description == "traits have more than 32768 bytes")
    }

    @Test("Event, message id and identifier may be as long as a signal's")
    func textLimits() throws {
        let template = """
            {"source_fields": {"e": "event", "t": "timestamp", "m": "messageId", "i": "identifier.customerId"}}
            """
        func row(_ event: Int, _ message: Int, _ identifier: Int) -> String {
            let letters = [event, message, identifier].map { String(repeating: "\u{e9}", count: $0) }
            return "\(letters[0]),2024-01-01,\(letters[1]),\(letters[2])\n"
        }
        let mapped = try MappingFixture(
            template, "e,t,m,i\n" + row(200, 100, 256) + row(201, 100, 256) + row(200, 101, 256) + row(200, 100, 257))
        #expect(mapped.records.count == 1)
        #expect(mapped.refusals[3]?.description == "e has more than 200 characters")
        #expect(mapped.refusals[4]?.description == "m has more than 100 characters")
        #expect(mapped.refusals[5]?.description == "i has more than 256 characters")
    }
}
