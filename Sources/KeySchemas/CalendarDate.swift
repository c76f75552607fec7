/// A day of the proleptic Gregorian calendar, from 0000-01-01 to 9999-12-31.
public struct CalendarDate: Hashable, Sendable {
    /// Days since 1970-01-01.
    public let daysSince1970: Int

    /// The first day there is, 0000-01-01.
    public static let minimum = CalendarDate(unchecked: -719_528)
    /// The last day there is, 9999-12-31.
    public static let maximum = CalendarDate(unchecked: 2_932_896)

    private init(unchecked days: Int) {
        daysSince1970 = days
    }

    /// `nil` when the day is not in the years 0 to 9999.
    public init?(daysSince1970: Int) {
        guard (CalendarDate.minimum.daysSince1970...CalendarDate.maximum.daysSince1970).contains(daysSince1970)
        else { return nil }
        self.daysSince1970 = daysSince1970
    }

    /// `nil` when there is no such day, such as 30 February.
    public init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= CalendarDate.days(inMonth: month, of: year)
        else { return nil }
        // Years that begin in March put the leap day last: then each formula below holds for all of them.
        // 400 years are 146,097 days, and day 719,468 of that count is 1970-01-01.
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        daysSince1970 = era * 146_097 + dayOfEra - 719_468
    }

    /// Reads `2024-01-31`.
    public init?(_ text: some StringProtocol) {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.isAtEnd
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year (0 to 9999), month (1 to 12) and day (1 to 31).
    public var components: (year: Int, month: Int, day: Int) {
        let shifted = daysSince1970 + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension CalendarDate: Comparable {
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        left.daysSince1970 < right.daysSince1970
    }
}

extension CalendarDate: CustomStringConvertible {
    /// `2024-01-31`.
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes, separator: UInt8(ascii: "-"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends year, month and day with `separator` between, or with nothing between.
    func append(to bytes: inout [UInt8], separator: UInt8?) {
        let (year, month, day) = components
        bytes.appendDigits(of: UInt64(year), width: 4)
        if let separator { bytes.append(separator) }
        bytes.appendDigits(of: UInt64(month), width: 2)
        if let separator { bytes.append(separator) }
        bytes.appendDigits(of: UInt64(day), width: 2)
    }
}

/// Reads fixed numbers of digits, without building strings.
struct DigitScanner {
    private var bytes: ArraySlice<UInt8>

    init(_ text: some StringProtocol) {
        bytes = ArraySlice(text.utf8)
    }

    var isAtEnd: Bool { bytes.isEmpty }

    /// The number that exactly the next `count` bytes spell; `nil` when one of them is no digit.
    mutating func number(_ count: Int) -> Int? {
        guard bytes.count >= count else { return nil }
        var number = 0
        for byte in bytes.prefix(count) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        bytes = bytes.dropFirst(count)
        return number
    }

    /// Passes over `character`, an ASCII one; `false` when something else is next.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard bytes.first == UInt8(ascii: character) else { return false }
        bytes = bytes.dropFirst()
        return true
    }
}
