import Testing

@testable import KeySchemas

@Suite("Key templates")
struct KeyTemplateTests {
    @Test("a template is read into its segments and written as it was")
    func reading() throws {
        let template = try KeyTemplate("book:{genre}:by:{id}:{field}")
        #expect(template.segments == [.literal("book"), .part("genre"), .literal("by"), .part("id"), .field])
        #expect(template.partNames == ["genre", "id"])
        #expect(template.hasField)
        #expect(template.description == "book:{genre}:by:{id}:{field}")
        #expect(try !KeyTemplate("settings").hasField)
        #expect(try KeyTemplate("settings:{field}").partNames == [])
    }

    @Test(
        "a template that cannot be read is refused where it goes wrong",
        arguments: [
            ("", 0), (":a", 0), ("a::b", 2), ("a:", 2), ("{a}:b", 0), ("{field}", 0), ("a:{b", 2), ("a:b}", 3),
            ("a:x{b}", 3), ("a:{b}x", 5), ("a:{}", 3), ("a:{1b}", 3), ("a:{b c}", 3), ("a:{é}", 3), ("a:{b}:{b}", 6),
            ("a:{field}:{b}", 10), ("a:{field}:b", 10), ("a;b:{c}", 1), ("a:b\u{1}:{c}", 3), ("a:{b}:\u{301}:{b}", 8),
        ])
    func refused(text: String, offset: Int) {
        let refusal = error { _ = try KeyTemplate(text) }
        #expect(refusal?.code == .malformedTemplate)
        #expect(refusal?.offset == offset)
    }

    @Test(
        "templates overlap when a key could belong to both",
        arguments: [
            ("a:{x}", "a:{y}", true), ("a:{x}", "b:{x}", false), ("a:{x}", "a:{x}:{y}", false), ("a:{x}", "a:b", true),
            ("a:b:{x}", "a:{y}:c", true), ("a:b:{x}", "a:c:{x}", false), ("a:{x}:b:{y}", "a:{x}:c:{y}", false),
            ("a:{x}:{field}", "a:{y}:{field}", true), ("a:{x}:{field}", "a:{y}:b:{z}", true),
            ("a:{x}:{field}", "a:{y}", false), ("a:{field}", "a:{x}:{y}:{field}", true), ("a:{field}", "a", false),
            ("a", "a", true), ("ab:{x}", "a:{x}", false), ("café:{x}", "cafe\u{301}:{x}", false),
        ])
    func overlap(left: String, right: String, overlaps: Bool) throws {
        let (left, right) = (try KeyTemplate(left), try KeyTemplate(right))
        #expect(left.overlaps(with: right) == overlaps)
        #expect(right.overlaps(with: left) == overlaps)
    }

    @Test("layouts of two encodings do not overlap, unless one's literals look like the other's")
    func overlapOfEncodings() throws {
        let text = try KeyLayout("a:{x}", .string)
        let tuple = try KeyLayout("a:{x}", .string, encoding: .tuple)
        #expect(text.overlaps(with: text) && tuple.overlaps(with: tuple))
        #expect(!text.overlaps(with: tuple) && !tuple.overlaps(with: text))
        // The literal `\u{2}a\0` in text is `a` in tuple, but for the colon.
        let alike = KeySchema<String>("\u{2}").layout
        #expect(!alike.overlaps(with: tuple))
        #expect(KeySchema<String>("\u{2}a\0").layout.overlaps(with: KeySchema<String>("a", encoding: .tuple).layout))
    }
}
