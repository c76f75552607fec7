internal import KeySchemas
internal import OrderedStore

extension Keyspace {
    /// Says what applying a schema would do, and what is in its way. Nothing is changed.
    ///
    /// - Throws: `StoreError`. What is in the way of the schema is in the plan.
    /// - Complexity: O(1) for a change that asks nothing of the records; else O(*n*) in the keys that are read.
    public func plan(_ definition: SchemaDefinition) throws -> SchemaPlan { try plan(definition, nil) }

    /// Says what applying a schema would do, with the code of a program that makes the new records.
    func plan(_ definition: SchemaDefinition, _ code: RecordConverter?) throws -> SchemaPlan {
        try readWithCatalogue { snapshot, catalogue in
            var plan = try Keyspace.plan(definition, in: snapshot, catalogue, overlay, code, readsRewritten: true)
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
    ///
    /// - Parameter readsRewritten: whether records that would be written anew are read for that.
    static func plan(
        _ new: SchemaDefinition, in reader: borrowing some StoreReader & ~Copyable, _ catalogue: Catalogue,
        _ overlay: (any KeyOverlay)?, _ code: RecordConverter?, readsRewritten: Bool
    ) throws -> SchemaPlan {
        guard let existing = catalogue.schema(new.name) else {
            var plan = SchemaPlan(oldVersion: nil, differences: [])
            try check(new, in: reader, catalogue, overlay, &plan)
            return plan
        }
        let old = existing.definition
        var plan = SchemaPlan(oldVersion: old.version, differences: new.differences(from: old))
        guard old != new else { return plan }
        if let migration = catalogue.migration(of: new.name) {
            plan.add(migration.underway)
            return plan
        }
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
        if plan.differences.has(.rewritten) || code != nil {
            plan.rewrites = try reader.hasRecords(of: existing)
            if plan.rewrites {
                try checkRewrite(of: existing, to: new, in: reader, catalogue, overlay, &plan)
                if readsRewritten, plan.obstacleCount == 0 {
                    try checkConversion(of: existing, to: new, code, in: reader, &plan)
                }
            } else {
                try check(new, in: reader, catalogue, overlay, &plan)
            }
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
        _ overlay: (any KeyOverlay)?, _ plan: inout SchemaPlan
    ) throws {
        guard checkOverlap(definition, catalogue, &plan) else { return }
        let others = catalogue.schemas.map(\.definition).filter { !$0.name.hasSameBytes(as: definition.name) }
        let after = Catalogue(others + [definition])
        guard let schema = after.schema(definition.name) else { return }
        var keys = reader.cursor(in: schema.range, options: ScanOptions(keysOnly: true, fillCache: false))
        while let entry = try keys.next() {
            if case .misfit = after.owner(of: entry.key) { plan.add(schema.misfit(entry.key)) }
        }
        try checkOverlay(overlay, in: reader, under: schema, &plan)
        try checkRecords(of: schema, in: reader, &plan)
    }

    /// Checks that a schema's keys are no other's.
    private static func checkOverlap(
        _ definition: SchemaDefinition, _ catalogue: Catalogue, _ plan: inout SchemaPlan
    ) -> Bool {
        let known = catalogue.schemas.map(\.definition) + catalogue.migrations.flatMap { [$0.old, $0.new] }
        let other = known.first {
            !$0.name.hasSameBytes(as: definition.name) && $0.layout.overlaps(with: definition.layout)
        }
        guard let other else { return true }
        plan.add(
            RecordError(
                .schemaConflict, schema: definition.name,
                message: "its keys, \(definition.layout.template), overlap those of schema \(other.name), "
                    + "\(other.layout.template)"))
        return false
    }

    /// Checks that the keys which the new records would get are nobody else's.
    private static func checkRewrite(
        of existing: CompiledSchema, to new: SchemaDefinition, in reader: borrowing some StoreReader & ~Copyable,
        _ catalogue: Catalogue, _ overlay: (any KeyOverlay)?, _ plan: inout SchemaPlan
    ) throws {
        guard checkOverlap(new, catalogue, &plan) else { return }
        let compiled = CompiledSchema(new)
        let range = compiled.range
        // Under the schema's own prefix there are no keys of others.
        if existing.range.intersection(range) == range { return }
        var keys = reader.cursor(in: range, options: ScanOptions(keysOnly: true, fillCache: false))
        while let entry = try keys.next() {
            switch catalogue.owner(of: entry.key) {
            case .schema, .reserved: continue
            case .nobody, .misfit:
                plan.add(
                    RecordError(
                        .schemaConflict, schema: new.name, key: RecordError.printable(entry.key),
                        message: "a key is where the new records would be; move or delete it first"))
            }
        }
        try checkOverlay(overlay, in: reader, under: compiled, &plan)
    }

    /// Checks that nothing stands beside plain entries for keys that are to be a schema's: those are plain.
    private static func checkOverlay(
        _ overlay: (any KeyOverlay)?, in reader: borrowing some StoreReader & ~Copyable, under schema: CompiledSchema,
        _ plan: inout SchemaPlan
    ) throws {
        guard let overlay, overlay.isEnabled else { return }
        var cursor = reader.cursor(in: overlay.storedRange(of: schema.range), options: ScanOptions(fillCache: false))
        while let stored = try cursor.next() {
            guard try overlay.entry(stored.value) != nil else { continue }
            let key = try overlay.userKey(ofStoredKey: stored.key)
            plan.add(
                RecordError(
                    .schemaConflict, schema: schema.name, key: RecordError.printable(key.span),
                    message: "a structure or a value that expires stands under the schema's prefix; delete it first, "
                        + "or choose another prefix"))
        }
    }

    /// Checks that each record can be written anew.
    private static func checkConversion(
        of existing: CompiledSchema, to new: SchemaDefinition, _ code: RecordConverter?,
        in reader: borrowing some StoreReader & ~Copyable, _ plan: inout SchemaPlan
    ) throws {
        let conversion = RecordConversion(from: existing.definition, to: CompiledSchema(new), code: code)
        var keys: Set<Int> = []
        var cursor = reader.cursor(in: existing.range, options: ScanOptions(fillCache: false))
        var assembler = RecordAssembler(existing, .stored)
        while try assembler.next(from: &cursor) {
            plan.records += 1
            do throws(RecordError) {
                let record = try conversion.convert(assembler.buffer)
                // Hashes of 64 bits, so that the memory is bounded; beyond that many the making of the records tells.
                guard conversion.mayCollide, keys.count < mostHashes else { continue }
                if !keys.insert(record.prefix.hashValue).inserted {
                    throw RecordError(
                        .alreadyExists, schema: new.name, key: RecordError.printable(assembler.buffer.prefix.span),
                        message: "another record would get the same key, \(RecordError.printable(record.prefix.span))")
                }
            } catch {
                plan.add(error)
            }
        }
    }

    private static var mostHashes: Int { 4_000_000 }

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
