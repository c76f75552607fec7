/// The memory that one read through an index leaves to the next one: making it anew would be much of a lookup.
///
/// It is kept beside the schemas and not by one of them, which a reader refers to itself.
@usableFromInline
final class SpareReader: Sendable {
    /// What has grown larger is given back.
    static var mostBytes: Int { 64 << 10 }

    private let kept = Spare<IndexReader>()

    @usableFromInline
    func take(for schema: CompiledSchema) -> IndexReader {
        if let reader = kept.take(), reader.assembler.buffer.schema === schema { return reader }
        return IndexReader(schema)
    }

    @usableFromInline
    func keep(_ reader: consuming IndexReader) {
        guard reader.assembler.buffer.values.count <= SpareReader.mostBytes else { return }
        kept.keep(reader)
    }
}
