/// A moment in milliseconds of UTC, from the year 0 to the year 9999, without leap seconds.
public struct Timestamp: Hashable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let millisecondsSince1970: Int64

    private static let millisecondsPerDay: Int64 = 86_400_000

    /// The first moment there is, 0000-01-01T00:00:00.000Z.
    public static let minimum = Timestamp(
        unchecked: Int64(CalendarDate.minimum.daysSince1970) * millisecondsPerDay)
    /// The last moment there is, 9999-12-31T23:59:59.999Z.
    public static let maximum = Timestamp(
        unchecked: Int64(CalendarDate.maximum.daysSince1970 + 1) * millisecondsPerDay - 1)

    private init(unchecked milliseconds: Int64) {
        millisecondsSince1970 = milliseconds
    }

    /// `nil` when the moment is not in the years 0 to 9999.
    public init?(millisecondsSince1970: Int64) {
        guard
            (Timestamp.minimum.millisecondsSince1970...Timestamp.maximum.millisecondsSince1970)
                .contains(millisecondsSince1970)
        else { return nil }
        self.millisecondsSince1970 = millisecondsSince1970
    }

    /// Reads `20240131T235959.123Z`, and as people write it `2024-01-31T23:59:59Z` with up to three digits of
    /// a fraction.
    public init?(_ text: some StringProtocol) {
        let isExtended = text.utf8.contains(UInt8(ascii: "-"))
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), !isExtended || scanner.skip("-"), let month = scanner.number(2),
            !isExtended || scanner.skip("-"), let day = scanner.number(2), scanner.skip("T"),
            let hour = scanner.number(2), !isExtended || scanner.skip(":"), let minute = scanner.number(2),
            !isExtended || scanner.skip(":"), let second = scanner.number(2), hour < 24, minute < 60, second < 60,
            let date = CalendarDate(year: year, month: month, day: day)
        else { return nil }
        var fraction = 0
        if scanner.skip(".") {
            var unit = 100
            while unit > 0, let digit = scanner.number(1) {
                fraction += digit * unit
                unit /= 10
            }
            guard unit < 100, isExtended || unit == 0 else { return nil }
        } else if !isExtended {
            return nil
        }
        guard scanner.skip("Z"), scanner.isAtEnd else { return nil }
        let milliseconds = ((hour * 60 + minute) * 60 + second) * 1000 + fraction
        millisecondsSince1970 = Int64(date.daysSince1970) * Timestamp.millisecondsPerDay + Int64(milliseconds)
    }

    /// The day in UTC.
    public var date: CalendarDate { split.date }

    /// The day, and the milliseconds since it began.
    private var split: (date: CalendarDate, milliseconds: Int64) {
        var (days, rest) = millisecondsSince1970.quotientAndRemainder(dividingBy: Timestamp.millisecondsPerDay)
        if rest < 0 {
            days -= 1
            rest += Timestamp.millisecondsPerDay
        }
        return (CalendarDate(daysSince1970: Int(days)) ?? .minimum, rest)
    }

    /// Appends `20240131T235959.123Z`.
    func append(to bytes: inout [UInt8]) {
        let (date, milliseconds) = split
        date.append(to: &bytes, separator: nil)
        bytes.append(UInt8(ascii: "T"))
        bytes.appendDigits(of: UInt64(milliseconds / 3_600_000), width: 2)
        bytes.appendDigits(of: UInt64(milliseconds / 60_000 % 60), width: 2)
        bytes.appendDigits(of: UInt64(milliseconds / 1000 % 60), width: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.appendDigits(of: UInt64(milliseconds % 1000), width: 3)
        bytes.append(UInt8(ascii: "Z"))
    }
}

extension Timestamp: Comparable {
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSince1970 < right.millisecondsSince1970
    }
}

extension Timestamp: CustomStringConvertible {
    /// `20240131T235959.123Z`.
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
