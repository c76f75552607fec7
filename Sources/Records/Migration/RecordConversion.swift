internal import KeySchemas
internal import OrderedStore

/// The code of a program that makes a record of the new version of one of the old version.
public typealias RecordConverter = @Sendable (_ old: DynamicRecord) throws -> DynamicRecord

/// Makes records of the new version of a schema: fields by their ids, their values converted, those that neither
/// version knows carried along. With code of a program, as that says.
final class RecordConversion: Sendable {
    private enum Source {
        case part(Int)
        case slot(Int)
        case none
    }

    private struct Step {
        let field: FieldDefinition
        let source: Source
        /// Whether what is stored may be copied as it is.
        let isSame: Bool
    }

    /// The new version, where its records are made.
    let target: CompiledSchema
    private let parts: [Step]
    private let fields: [Step]
    private let code: RecordConverter?

    init(from old: SchemaDefinition, to target: CompiledSchema, code: RecordConverter?) {
        self.target = target
        self.code = code
        func step(_ field: FieldDefinition) -> Step {
            let before = old.field(id: field.id)
            let source: Source =
                if let index = old.keyFields.firstIndex(where: { $0.id == field.id }) {
                    .part(index)
                } else if let slot = old.storedFields.firstIndex(where: { $0.id == field.id }) {
                    .slot(slot)
                } else {
                    .none
                }
            var isSame = false
            if case .slot = source, let before {
                isSame = before.type == field.type && field.isUnconstrained && (field.isNullable || !before.isNullable)
            }
            return Step(field: field, source: source, isSame: isSame)
        }
        // Other values of one type remain other values; of another type they may not.
        mayCollide =
            code != nil
            || !old.keyFields.allSatisfy { field in
                target.definition.keyFields.contains { $0.id == field.id && $0.type.name == field.type.name }
            }
        parts = target.definition.keyFields.map(step)
        fields = target.stored.map(step)
    }

    /// Whether two old records may get one key.
    let mayCollide: Bool

    /// The record of the new version that a stored one becomes.
    ///
    /// - Throws: ``RecordError`` that names the old record and the field.
    func convert(_ old: borrowing RecordBuffer) throws(RecordError) -> RecordBuffer {
        do {
            try old.requireIntact()
            var record = RecordBuffer(target)
            if let code {
                var whole = copy old
                whole.fillDefaults()
                try record.encode(try code(whole.record()))
            } else {
                try convert(old, into: &record)
            }
            if let missing = record.missingField {
                throw RecordError(.missingField, field: missing, message: "the record would need this field")
            }
            return record
        } catch var error as RecordError {
            error.key = RecordError.printable(old.prefix.span)
            throw error.about(schema: target.name)
        } catch let error as KeyError {
            throw RecordError(error, schema: target.name, key: old.prefix)
        } catch {
            throw RecordError(
                .invalidValue, schema: target.name, key: RecordError.printable(old.prefix.span), message: "\(error)")
        }
    }

    private func convert(_ old: borrowing RecordBuffer, into record: inout RecordBuffer) throws {
        var values: [KeyValue] = []
        for step in parts {
            guard let value = try value(step.source, old), case .scalar(let part) = try step.field.converted(value)
            else {
                throw RecordError(.missingField, field: step.field.name, message: "a part of the key would be missing")
            }
            values.append(part)
        }
        try record.begin(parts: values)
        for (slot, step) in fields.enumerated() {
            if step.isSame, case .slot(let source) = step.source {
                let place = old.slots[source]
                if !place.isAbsent { record.encode(slot: slot) { $0.append(copying: old.bytes(place)) } }
            } else if let value = try value(step.source, old) {
                record.set(slot, try step.field.converted(value))
            }
        }
        for field in old.unknown {
            let name = try old.schema.unknownName(old.bytes(field.suffix))
            let value = FieldValue.raw(old.bytes(field.value).array)
            // In the layout packed a field that no schema knew has its id for a name.
            let id = old.schema.isPacked ? PackedFormat.id(inName: name.utf8.span) : nil
            guard let slot = target.stored.firstIndex(where: { $0.name.hasSameBytes(as: name) || $0.id == id }) else {
                guard target.mayKeepUnknown(name) else {
                    throw RecordError(
                        .invalidValue, field: name,
                        message: "a field that no schema knows cannot have this name there; remove it first")
                }
                record.setUnknown(name, value)
                continue
            }
            guard record.slots[slot].isAbsent else {
                throw RecordError(
                    .invalidValue, field: name,
                    message: "the record has a value under this name already, which no schema knew; remove it first")
            }
            record.set(slot, try target.stored[slot].converted(value))
        }
        try convertOrder(of: old, into: &record)
    }

    /// Carries over in which order an open schema's members were written.
    private func convertOrder(of old: borrowing RecordBuffer, into record: inout RecordBuffer) throws(RecordError) {
        guard old.schema.definition.isOpen else { return }
        var order = try old.memberOrder()
        guard target.definition.isOpen else {
            guard order.empty == nil else {
                throw RecordError(.invalidValue, message: "a member with an empty name has no place; remove it first")
            }
            return
        }
        order.names = order.names?.map { name in
            old.schema.definition.field(name).flatMap { target.definition.field(id: $0.id)?.name } ?? name
        }
        if let json = order.json { record.setMarker { json.write(to: &$0) } }
    }

    private func value(_ source: Source, _ old: borrowing RecordBuffer) throws(RecordError) -> FieldValue? {
        switch source {
        case .part(let index): .scalar(try old.part(index))
        case .slot(let slot): try old.value(slot)
        case .none: nil
        }
    }
}
