import LVKV
import Testing

@testable import LVKVTool

@Suite("Text")
struct TextTests {
    @Test("hex digits round-trip, and what is not hex is refused")
    func hex() {
        let all = (0...255).map { UInt8($0) }
        #expect(Hex.bytes(Hex.text(all.span)) == all)
        #expect(Hex.bytes("0xCAFE") == [0xCA, 0xFE])
        #expect(Hex.bytes("ca fe") == [0xCA, 0xFE])
        #expect(Hex.bytes("") == [])
        for wrong in ["c", "caf", "xy", "c afe", "é0"] { #expect(Hex.bytes(wrong) == nil, "\(wrong)") }
    }
}
