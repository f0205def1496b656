import JSON
import Testing

@testable import Gyre

@Suite struct MappingFileTests {
    private func json(_ yaml: String) throws -> JSONValue { try MappingFile(yaml: yaml, name: "m.yaml").json }

    private func problem(_ yaml: String) -> String {
        do {
            return "read as \(try json(yaml))"
        } catch {
            return "\(error)"
        }
    }

    @Test("Scalars are what JSON has of the core schema of YAML 1.2; everything else is a text")
    func scalars() throws {
        let yaml = """
            text: Order Completed
            no: no
            on: On
            true: true
            null: ~
            empty:
            int: 12
            decimal: -1.50
            exponent: 1e3
            date: 1997-01-01
            time: 12:30:00
            zeros: 007
            hex: 0x1F
            plus: +5
            quoted: "12"
            single: 'true'
            """
        #expect(
            try json(yaml).description
                == """
                {"text":"Order Completed","no":"no","on":"On","true":true,"null":null,"empty":null,"int":12,\
                "decimal":-1.50,"exponent":1e3,"date":"1997-01-01","time":"12:30:00","zeros":"007","hex":"0x1F",\
                "plus":"+5","quoted":"12","single":"true"}
                """)
    }

    @Test("The mapping template of the source documents is read with its expression as it was written")
    func template() throws {
        let yaml = """
            # Retail to Universal Mapping
            retail_mapping:
              source: shop
              source_fields:
                customer_id: entity_id
              computed_fields:
                lifecycle_stage: |
                  CASE
                    WHEN days_since_last_purchase < 30 THEN 'active'
                    ELSE 'churned'
                  END
              json_mappings:
                demographics:
                  - age_group
                  - gender
            """
        let file = try MappingFile(yaml: yaml, name: "m.yaml")
        #expect(file.source == "shop")
        #expect(
            file.json[pointer: "/retail_mapping/computed_fields/lifecycle_stage"]?.string
                == "CASE\n  WHEN days_since_last_purchase < 30 THEN 'active'\n  ELSE 'churned'\nEND\n")
        #expect(file.json[pointer: "/retail_mapping/json_mappings/demographics/1"] == "gender")
        #expect(file.place(of: "/retail_mapping/source_fields/customer_id") == "m.yaml, line 5")
        #expect(file.place(of: "/retail_mapping/json_mappings/demographics/1") == "m.yaml, line 15")
        #expect(file.place(of: "/retail_mapping/source_fields/customer_id/deeper") == "m.yaml, line 5")
        #expect(file.place(of: "/nothing") == "m.yaml, line 2")
    }

    @Test("JSON is read, too, and anchors stand for what they name")
    func jsonAndAnchors() throws {
        #expect(
            try json(#"{"a": [1, "x", null], "b": {"c": false}}"#).description == #"{"a":[1,"x",null],"b":{"c":false}}"#
        )
        #expect(try json("a: &x [1, 2]\nb: *x").description == #"{"a":[1,2],"b":[1,2]}"#)
    }

    @Test(
        "What a mapping cannot be is refused with its line",
        arguments: [
            ("a: 1\nb: 2\na: 3", "m.yaml, line 1: a is there twice."),
            ("a: [1, 2\nb: 3", "m.yaml, line 2, column 2: did not find expected ',' or ']'."),
            ("a: 1\nb: !!binary aGk=", "m.yaml, line 2: tags such as tag:yaml.org,2002:binary are not read."),
            ("a: !custom {b: 1}", "m.yaml, line 1: tags such as !custom are not read."),
            ("a: &x {b: 1}\n<<: *x", "m.yaml, line 2: a name is a text; merge keys are not read."),
            ("a: 1\n? [b]\n: 2", "m.yaml, line 2: a name is a text; merge keys are not read."),
            ("a: .inf", "m.yaml, line 1: .inf is no number that JSON has."),
            ("- a\n- b", "m.yaml: a mapping is an object of names and values."),
            ("", "m.yaml is empty."),
            ("a: *nobody", "m.yaml, line 1, column 4: found undefined alias."),
            ("a: 1\n---\nb: 2", "m.yaml, line 2, column 1: but found another document."),
        ])
    func refused(yaml: String, message: String) {
        #expect(problem(yaml) == message)
    }

    @Test("Aliases that repeat each other a billion times are refused before they are written out")
    func billionLaughs() {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let alias = "*a\(level - 1)"
            yaml += "a\(level): &a\(level) [\((0..<10).map { _ in alias }.joined(separator: ", "))]\n"
        }
        #expect(problem(yaml).hasSuffix("a mapping has at most 8,192 values."))
    }
}

@Suite struct ImportFileTests {
    @Test("The fingerprint changes with the file, the source and the mapping, and with nothing else")
    func fingerprint() throws {
        try withTemporaryDirectory { path in
            let name = path + "/orders.csv"
            try SmallFile.replace(name, with: Array("a,b\n1,2\n".utf8))
            let file = try ImportFile(name)
            let first = file.fingerprint(source: "shop", mapping: [1])
            #expect(try ImportFile(name).fingerprint(source: "shop", mapping: [1]) == first)
            #expect(file.fingerprint(source: "store", mapping: [1]) != first)
            #expect(file.fingerprint(source: "shop", mapping: [2]) != first)
            try SmallFile.replace(name, with: Array("a,b\n1,23\n".utf8))
            #expect(try ImportFile(name).fingerprint(source: "shop", mapping: [1]) != first)
        }
    }

    @Test("Chunks are cut anywhere, and the last one is what is left")
    func chunks() throws {
        try withTemporaryDirectory { path in
            try SmallFile.replace(path + "/f", with: Array(0..<10))
            let file = try ImportFile(path + "/f")
            #expect(file.size == 10)
            #expect(try file.read(at: 0, count: 4) == [0, 1, 2, 3])
            #expect(try file.read(at: 8, count: 4) == [8, 9])
            #expect(try file.read(at: 10, count: 4).isEmpty)
        }
    }

    @Test("A directory is no file to import")
    func directory() {
        #expect(throws: CommandFailure.self) { try ImportFile("/tmp") }
    }

    @Test(
        "A source's name is made from the file's",
        arguments: [
            ("cdnow.csv", "cdnow"), ("Orders 2026 (final).csv", "orders-2026-final"), ("2026-orders.csv", "orders"),
            ("???", "file"), (".csv", "csv"),
        ])
    func sourceNames(file: String, source: String) {
        #expect(ImportCommand.source(fileName: file) == source)
    }
}
