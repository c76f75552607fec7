extension AnyKeyPath {
    /// The path of the stored property that the key path leads to, as conditions and indexes write it: `author`,
    /// and `extra.publisher.city` for a property of a property that is stored as JSON.
    ///
    /// The properties' names are taken for those of the fields, so a coding key must have the name of its property.
    ///
    /// - Throws: ``RecordError`` with code `unknownField` for computed properties, subscripts and the value itself.
    func fieldPath() throws(RecordError) -> String {
        // SE-0369: `\Book.extra?.city`.
        let text = debugDescription
        let root = "\\\(Self.rootType)."
        func refuse() -> RecordError {
            RecordError(
                .unknownField, message: "the key path \(text) leads to no stored property; name the field instead")
        }
        guard text.hasPrefix(root), !text.contains("<computed"), !text.contains("<offset") else { throw refuse() }
        var names: [String] = []
        for part in text.dropFirst(root.count).split(separator: ".", omittingEmptySubsequences: false) {
            let name = part.filter { $0 != "?" && $0 != "!" }
            guard !name.isEmpty, name != "self" else { throw refuse() }
            names.append(name)
        }
        return ConditionPath(names.map { .member($0) }).description
    }
}
