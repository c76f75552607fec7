/// The memory that one write of a value leaves to the next one, as a ``SpareReader`` does for reads.
final class SpareWriter: Sendable {
    private let kept = Spare<FieldWriter>()

    func take(for schema: CompiledSchema) -> FieldWriter {
        if let writer = kept.take(), writer.buffer.schema === schema { return writer }
        return FieldWriter(schema)
    }

    func keep(_ writer: consuming FieldWriter) {
        guard writer.buffer.values.count <= SpareReader.mostBytes else { return }
        kept.keep(writer)
    }
}
