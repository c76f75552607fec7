// What lvkv's reads through indexes cannot do without, straight over LevelDB: the packages with a unique index of
// their names and one of their maintainers that holds the version, too.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness.h"
#include "packages.h"
#include "store.h"

class Indexed {
 public:
  // All entries of indexes are between these.
  static constexpr const char* kEntries = "\xFF\x69";
  static constexpr const char* kBeyondEntries = "\xFF\x6A";

  static bool Knows(const std::string& work) {
    return work == "get" || work == "lookup" || work == "range" || work == "cover" || work == "section" ||
           work == "all";
  }

  Indexed(Store& store, const Packages& packages) : store_(store), packages_(packages) {}

  void Run(const std::string& work) {
    const size_t count = packages_.all().size();
    if (work == "get") {
      const auto order = packages_.Shuffled();
      std::vector<std::string> keys;
      for (const Package* package : order) {
        keys.push_back(Prefix((*package)[Package::kSection], (*package)[Package::kName]) + "version");
      }
      Measure(work, count, [&] { return Get(keys); });
    } else if (work == "lookup") {
      const auto order = packages_.Shuffled();
      Measure(work, count, [&] { return Lookup(order); });
    } else if (work == "range") {
      const auto starts = packages_.Starts();
      Measure(work, starts.size() * Packages::kRange, [&] { return Range(starts); });
    } else if (work == "cover") {
      Measure(work, count * Packages::kCoveredPasses, [&] { return Cover(); });
    } else if (work == "section") {
      const auto sections = packages_.Distinct(Package::kSection);
      Measure(work, count, [&] { return Sections(sections); });
    } else {
      Measure(work, count, [&] { return Scan("package:", "package;"); });
    }
  }

 private:
  static constexpr const char* kByName = "\xFF\x69\x15\x01";
  static constexpr const char* kByMaintainer = "\xFF\x69\x15\x02";

  using Iterator = std::unique_ptr<leveldb::Iterator>;

  static std::string Prefix(const std::string& section, const std::string& name) {
    return "package:" + section + ":" + name + ":";
  }

  // A string as an element of a tuple. None of the packages' strings holds a zero byte.
  static std::string Element(const std::string& text) { return '\x02' + text + '\0'; }

  // Takes a string element off the front.
  static leveldb::Slice TakeElement(leveldb::Slice& tuple) {
    const void* end = tuple.empty() ? nullptr : std::memchr(tuple.data(), 0, tuple.size());
    if (end == nullptr) throw std::runtime_error("an entry of an index is cut short");
    const leveldb::Slice element(tuple.data() + 1, static_cast<const char*>(end) - tuple.data() - 1);
    tuple.remove_prefix(element.size() + 2);
    return element;
  }

  // The prefix of the record whose parts of the key a tuple begins with.
  void RecordPrefix(leveldb::Slice tuple, std::string* prefix) {
    *prefix = "package:";
    for (int part = 0; part < 2; part++) {
      const leveldb::Slice element = TakeElement(tuple);
      prefix->append(element.data(), element.size()).push_back(':');
    }
  }

  uint64_t ReadRecord(leveldb::Iterator& cursor, const std::string& prefix) {
    uint64_t sum = 0, keys = 0;
    for (cursor.Seek(prefix); cursor.Valid() && cursor.key().starts_with(prefix); cursor.Next(), keys++) {
      sum += cursor.key().size() + cursor.value().size();
    }
    Check(cursor.status());
    if (keys == 0) throw std::runtime_error("an index names " + prefix + ", which is not there");
    return sum;
  }

  uint64_t Get(const std::vector<std::string>& keys) {
    std::string value;
    uint64_t sum = 0;
    for (const std::string& key : keys) {
      Check(store_.db->Get(store_.read, key, &value));
      sum += value.size();
    }
    return sum;
  }

  uint64_t Lookup(const std::vector<const Package*>& order) {
    std::string value, prefix;
    uint64_t sum = 0;
    for (const Package* package : order) {
      Check(store_.db->Get(store_.read, kByName + Element((*package)[Package::kName]), &value));
      RecordPrefix(value, &prefix);
      const Iterator records(store_.db->NewIterator(store_.read));
      sum += ReadRecord(*records, prefix);
    }
    return sum;
  }

  uint64_t Range(const std::vector<std::string>& starts) {
    std::string prefix;
    uint64_t sum = 0;
    for (const std::string& start : starts) {
      const Iterator entries(store_.db->NewIterator(store_.read));
      const Iterator records(store_.db->NewIterator(store_.read));
      size_t left = Packages::kRange;
      for (entries->Seek(kByMaintainer + Element(start));
           left > 0 && entries->Valid() && entries->key().starts_with(kByMaintainer); entries->Next(), left--) {
        leveldb::Slice parts = entries->key();
        parts.remove_prefix(std::strlen(kByMaintainer));
        TakeElement(parts);
        RecordPrefix(parts, &prefix);
        sum += ReadRecord(*records, prefix);
      }
      Check(entries->status());
    }
    return sum;
  }

  uint64_t Cover() {
    uint64_t sum = 0;
    for (size_t pass = 0; pass < Packages::kCoveredPasses; pass++) {
      sum += Scan(kByMaintainer, std::string(kByMaintainer) + '\xFF');
    }
    return sum;
  }

  uint64_t Sections(const std::vector<std::string>& sections) {
    uint64_t sum = 0;
    for (const std::string& section : sections) sum += Scan("package:" + section + ":", "package:" + section + ";");
    return sum;
  }

  uint64_t Scan(const std::string& lower, const std::string& upper) {
    const Iterator cursor(store_.db->NewIterator(store_.read));
    uint64_t sum = 0;
    for (cursor->Seek(lower); cursor->Valid() && cursor->key().compare(upper) < 0; cursor->Next()) {
      sum += cursor->key().size() + cursor->value().size();
    }
    Check(cursor->status());
    return sum;
  }

  Store& store_;
  const Packages& packages_;
};
