import JSON
import ServiceKit
import Testing

@testable import ExperimentsService

/// The canonical form of RFC 8785, by the examples that it gives.
@Suite struct CanonicalJSONTests {
    @Test("The example of section 3.2.2")
    func example() throws {
        let value = try JSONValue.parse(
            #"""
            {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
             "literals": [null, true, false]}
            """#)
        let expected = #"""
            {"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}
            """#
        #expect(CanonicalJSON.bytes(value).map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test("Names stand in the order of their UTF-16 code units, as section 3.2.3 has it")
    func order() throws {
        let value = try JSONValue.parse(
            #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#)
        let bytes = try #require(CanonicalJSON.bytes(value))
        let digits = String(decoding: bytes, as: UTF8.self).matches(of: /:(\d)/).map { String($0.1) }
        #expect(digits == ["2", "4", "6", "7", "1", "5", "3"])
    }

    @Test(
        "Numbers are written as ECMAScript writes them: appendix B",
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
            (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
            (0xC340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"),
            (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"), (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
            (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
            (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
            (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
            (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
            (0x41B3_DE43_5555_5557, "333333333.33333343"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
            (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func numbers(bits: UInt64, text: String) {
        #expect(CanonicalJSON.text(Double(bitPattern: bits)) == text)
    }

    @Test("A number beyond all doubles has no canonical form")
    func tooLarge() throws {
        #expect(CanonicalJSON.bytes(try JSONValue.parse(#"{"a":[1e400]}"#)) == nil)
    }
}
