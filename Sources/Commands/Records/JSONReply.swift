internal import Records

extension ReplyWriter {
    /// A JSON value: in RESP3 as maps, arrays and values; in RESP2 as its text.
    func json(_ value: JSONValue) {
        guard version == 3 else { return bulk(value.text()) }
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let number):
            if let integer = number.integer {
                self.integer(integer)
            } else if number.double.isFinite {
                double(number.double)
            } else {
                bulk(number.text)
            }
        case .string(let text): bulk(text)
        case .array(let elements):
            array(elements.count)
            for element in elements { json(element) }
        case .object(let object):
            map(object.members.count)
            for member in object.members {
                bulk(member.key)
                json(member.value)
            }
        }
    }

    /// Several JSON values.
    func json(_ values: [JSONValue]) {
        array(values.count)
        for value in values { json(value) }
    }
}

extension Arguments {
    /// The word at `index` as JSON.
    ///
    /// - Throws: ``CommandError``.
    func json(_ index: Int) throws(CommandError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: self[index])
        } catch {
            throw CommandError("ERR this is no JSON: \(error)")
        }
    }

    /// The word at `index` as a JSON object.
    ///
    /// - Throws: ``CommandError``.
    func jsonObject(_ index: Int) throws(CommandError) -> JSONObject {
        guard case .object(let object) = try json(index) else {
            throw CommandError("ERR a JSON object such as {\"a\": 1} belongs here")
        }
        return object
    }

    /// The words from `index` on as text.
    func texts(from index: Int) -> [String] { index < count ? (index..<count).map(text) : [] }

    /// The word at `index` as a number that is not negative.
    ///
    /// - Throws: ``CommandError``.
    func amount(_ index: Int) throws(CommandError) -> Int {
        let number = try integer(index)
        guard number >= 0 else { throw CommandError.notAnInteger }
        return Int(clamping: number)
    }
}
