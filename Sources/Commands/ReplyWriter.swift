/// Where a command's reply goes: a socket's buffer, a shell's screen.
///
/// A reply is one value; aggregates announce how many values follow. Which form a value takes in which version of the
/// protocol is the writer's business: a command says `map(2)`, and a writer for RESP2 writes an array of four.
package protocol ReplyWriter: AnyObject {
    /// The version of the protocol, 2 or 3: for the few commands whose replies differ in more than form.
    var version: Int { get set }

    /// A short text without line ends, such as `OK`.
    func simple(_ text: StaticString)
    /// A short text without line ends that is not known beforehand.
    func simple(text: Span<UInt8>)
    /// A refusal: a code in capitals and a text. Line ends are replaced.
    func error(_ message: String)
    func integer(_ value: Int64)
    /// Bytes.
    func bulk(_ bytes: Span<UInt8>)
    /// A number; RESP2 writes its text as bytes.
    func double(_ value: Double)
    /// A truth value; RESP2 writes 1 or 0.
    func bool(_ value: Bool)
    /// Text in a format of three letters, such as `txt`; RESP2 writes bytes.
    func verbatim(_ text: Span<UInt8>, format: StaticString)
    /// Nothing, where bytes would be.
    func null()
    /// Nothing, where an array would be.
    func nullArray()
    /// `count` values follow.
    func array(_ count: Int)
    /// `count` pairs of values follow.
    func map(_ count: Int)
    /// `count` values follow in no order.
    func set(_ count: Int)
    /// `count` values follow that nobody asked for; RESP2 writes an array.
    func push(_ count: Int)

    /// How much was written, to take it back with ``truncate(to:)``.
    var mark: Int { get }
    /// Takes back what was written after `mark`.
    func truncate(to mark: Int)
}

extension ReplyWriter {
    /// A list of texts.
    package func array(_ texts: [String]) {
        array(texts.count)
        for text in texts { bulk(text) }
    }

    package func ok() { simple("OK") }
    package func integer(_ value: Int) { integer(Int64(value)) }
    /// 1 or 0.
    package func flag(_ value: Bool) { integer(value ? 1 : 0) }
    package func bulk(_ bytes: [UInt8]) { bulk(bytes.span) }
    package func bulk(_ text: String) { bulk(text.utf8.span) }
    /// A number's text as bytes, whatever the version.
    package func bulk(number: Double) {
        let own = version
        version = 2
        double(number)
        version = own
    }
    /// Bytes, or nothing.
    package func bulk(_ bytes: [UInt8]?) { if let bytes { bulk(bytes.span) } else { null() } }
}
