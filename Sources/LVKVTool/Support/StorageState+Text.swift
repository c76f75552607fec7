internal import LVKV

extension StorageState {
    /// Names and values, as `INFO` and `LV.STATS` show them.
    var lines: [(name: String, value: String)] {
        [
            ("state", condition.rawValue), ("error", cause.map { $0.message } ?? ""),
            ("reopen_attempts", "\(attempts)"),
            ("recoveries", "\(recoveries)"), ("free_bytes", freeBytes.map { "\($0)" } ?? ""),
            ("min_free_bytes", "\(leastFreeBytes)"), ("reserve_bytes", "\(reserveBytes)"),
        ]
    }

    var json: JSONObject {
        var object: JSONObject = ["state": .string(condition.rawValue)]
        if let cause { object["error"] = .string(cause.message) }
        if let freeBytes { object["free"] = .integer(freeBytes) }
        object["minFree"] = .integer(leastFreeBytes)
        object["reserve"] = .integer(reserveBytes)
        return object
    }

    /// In a line for people.
    var summary: String {
        let room = freeBytes.map { "\(Quantity.bytes($0)) free, writes need \(Quantity.bytes(leastFreeBytes))" }
        return ([condition.rawValue] + (room.map { [$0] } ?? []) + (cause.map { [$0.message] } ?? []))
            .joined(separator: "; ")
    }
}
