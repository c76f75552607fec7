internal import OrderedStore

extension StructureKeys {
    /// Lets two databases change places.
    ///
    /// - Parameter expectingWork: is told before many keys are moved; nothing is staged then.
    /// - Throws: `StoreError`; when a schema refuses it; what `expectingWork` throws.
    /// - Complexity: O(*n*) in the keys of both; elements of big collections stay where they are.
    package func swap(_ first: Int, _ second: Int, expectingWork: (Int) throws -> Void) throws {
        guard first != second else { return }
        let own = database
        defer { database = own }
        let firstKeys = try allKeys(of: first, expectingWork)
        let secondKeys = try allKeys(of: second, expectingWork)
        // By way of a database that nobody else uses.
        let between = StructureCode.databases
        try moveAll(firstKeys, from: first, to: between)
        try moveAll(secondKeys, from: second, to: first)
        try moveAll(firstKeys, from: between, to: second)
        for (keys, database) in [(firstKeys, first), (secondKeys, second)] {
            for index in 0..<keys.count {
                note(keys[index], "", .generic, in: database)
                note(keys[index], "", .generic, in: database == first ? second : first)
            }
        }
    }

    private func moveAll(_ keys: KeyList, from source: Int, to target: Int) throws {
        database = source
        for index in 0..<keys.count {
            let stored = try lookup(keys[index])
            try transfer(keys[index], stored, to: keys[index], in: target)
        }
    }

    /// The keys of one database.
    func allKeys(of database: Int, _ expectingWork: (Int) throws -> Void) throws -> KeyList {
        self.database = database
        var found = KeyList()
        try walk { walked in
            found.append(walked.key)
            if found.count == StructureKeys.manyKeys { try expectingWork(.max) }
            return true
        }
        return found
    }
}

/// Keys one after another in one piece of memory.
struct KeyList {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    var count: Int { ends.count }

    mutating func append(_ key: Span<UInt8>) {
        bytes.append(copying: key)
        ends.append(bytes.count)
    }

    subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { bytes.span.extracting((index == 0 ? 0 : ends[index - 1])..<ends[index]) }
    }
}
