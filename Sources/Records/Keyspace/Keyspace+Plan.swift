internal import KeySchemas
internal import OrderedStore

extension Keyspace {
    /// Says what applying a schema would do, and what is in its way. Nothing is changed.
    ///
    /// - Throws: `StoreError`. What is in the way of the schema is in the plan.
    /// - Complexity: O(1) for a change that asks nothing of the records; else O(*n*) in the keys that are read.
    public func plan(_ definition: SchemaDefinition) throws -> SchemaPlan {
        try readWithCatalogue { snapshot, catalogue in
            var plan = try Keyspace.plan(definition, in: snapshot, catalogue)
            if plan.differences.has(.built) || plan.rewrites {
                plan.indexesToBuild = definition.indexes.filter { index in
                    guard !plan.rewrites, let old = catalogue.schema(definition.name)?.definition,
                        let same = old.indexes.first(where: { $0.id == index.id })
                    else { return true }
                    return !same.hasSameEntries(as: index, from: old, to: definition)
                }.map(\.name)
            }
            return plan
        }
    }

    /// What a schema changes, and what is in the way of it.
    static func plan(
        _ new: SchemaDefinition, in reader: borrowing some StoreReader & ~Copyable, _ catalogue: Catalogue
    ) throws -> SchemaPlan {
        guard let existing = catalogue.schema(new.name) else {
            var plan = SchemaPlan(oldVersion: nil, differences: [])
            try check(new, in: reader, catalogue, &plan)
            return plan
        }
        let old = existing.definition
        var plan = SchemaPlan(oldVersion: old.version, differences: new.differences(from: old))
        guard old != new else { return plan }
        if new.version <= old.version {
            let what = plan.differences.first.map { ": \($0)" } ?? ""
            plan.add(
                RecordError(
                    .schemaConflict, schema: new.name,
                    message: "version \(old.version) is there and differs\(what); give the change a higher version"))
        }
        for refused in plan.differences where refused.kind == .refused {
            plan.add(RecordError(.schemaConflict, schema: new.name, message: refused.description))
        }
        guard plan.obstacleCount == 0 else { return plan }
        if plan.differences.has(.rewritten) {
            plan.rewrites = try reader.hasRecords(of: existing)
            if !plan.rewrites { try check(new, in: reader, catalogue, &plan) }
        } else if plan.differences.has(.verified) {
            try checkRecords(of: CompiledSchema(new), in: reader, &plan)
        } else if plan.differences.has(.built) {
            plan.records = try reader.countRecords(of: existing)
        }
        return plan
    }

    /// Checks that a schema's keys are no other's, and that what is there fits it.
    private static func check(
        _ definition: SchemaDefinition, in reader: borrowing some StoreReader & ~Copyable, _ catalogue: Catalogue,
        _ plan: inout SchemaPlan
    ) throws {
        let others = catalogue.schemas.map(\.definition).filter { !$0.name.hasSameBytes(as: definition.name) }
        if let other = others.first(where: { $0.layout.overlaps(with: definition.layout) }) {
            return plan.add(
                RecordError(
                    .schemaConflict, schema: definition.name,
                    message: "its keys, \(definition.layout.template), overlap those of schema \(other.name), "
                        + "\(other.layout.template)"))
        }
        let after = Catalogue(others + [definition])
        guard let schema = after.schema(definition.name) else { return }
        var keys = reader.cursor(in: schema.range, options: ScanOptions(keysOnly: true, fillCache: false))
        while let entry = try keys.next() {
            if case .misfit = after.owner(of: entry.key) { plan.add(schema.misfit(entry.key)) }
        }
        try checkRecords(of: schema, in: reader, &plan)
    }

    /// Checks that each record fits a schema.
    private static func checkRecords(
        of schema: CompiledSchema, in reader: borrowing some StoreReader & ~Copyable, _ plan: inout SchemaPlan
    ) throws {
        var cursor = reader.cursor(in: schema.range, options: ScanOptions(fillCache: false))
        var assembler = RecordAssembler(schema, .stored)
        while try assembler.next(from: &cursor) {
            plan.records += 1
            do throws(RecordError) { try assembler.buffer.check() } catch { plan.add(error) }
        }
    }
}

extension StoreReader where Self: ~Copyable {
    /// Whether a schema has a record.
    borrowing func hasRecords(of schema: CompiledSchema) throws -> Bool {
        var cursor = cursor(in: schema.range, options: .forward)
        var assembler = RecordAssembler(schema, .keysOnly)
        return try assembler.next(from: &cursor)
    }

    /// How many records a schema has.
    borrowing func countRecords(of schema: CompiledSchema) throws -> Int {
        var cursor = cursor(in: schema.range, options: ScanOptions(keysOnly: true, fillCache: false))
        var assembler = RecordAssembler(schema, .keysOnly)
        var count = 0
        while try assembler.next(from: &cursor) { count += 1 }
        return count
    }
}
