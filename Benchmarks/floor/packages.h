// The packages as every side of a comparison takes them, and in which order they are asked for.
#pragma once

#include <cstdlib>
#include <string>
#include <unordered_set>
#include <vector>

#include "harness.h"
#include "workload.h"

struct Package {
  static constexpr size_t kColumns = 9;
  enum Column { kSection, kName, kVersion, kArchitecture, kPriority, kInstalledSize, kMaintainer };

  std::optional<leveldb::Slice> columns[kColumns];

  std::string operator[](Column column) const { return columns[column].value_or(leveldb::Slice()).ToString(); }
};

class Packages {
 public:
  // How many records a range through an index has, and how many ranges are read.
  static constexpr size_t kRange = 1000, kRanges = 60;
  // How often an index is gone over whose entries hold all that is wanted.
  static constexpr size_t kCoveredPasses = 10;
  // What the filtered scan looks for: more installed KiB than that.
  static constexpr int64_t kLarge = 100000;

  explicit Packages(const std::string& path) : file_(path) {
    while (!file_.AtEnd()) {
      Package& package = all_.emplace_back();
      for (auto& column : package.columns) column = file_.Bytes();
    }
  }

  const std::vector<Package>& all() const { return all_; }

  // Each package once.
  std::vector<const Package*> Shuffled() const {
    std::vector<const Package*> order;
    for (uint32_t i : Keys::Shuffled(all_.size(), 3)) order.push_back(&all_[i]);
    return order;
  }

  // The different values of a column, in the order in which they come first.
  std::vector<std::string> Distinct(Package::Column column) const {
    std::vector<std::string> values;
    std::unordered_set<std::string> seen;
    for (const Package& package : all_) {
      if (seen.insert(package[column]).second) values.push_back(package[column]);
    }
    return values;
  }

  // The maintainers that the ranges begin with.
  std::vector<std::string> Starts() const {
    std::vector<std::string> starts;
    for (const Package* package : Shuffled()) {
      if (starts.size() == kRanges) break;
      starts.push_back((*package)[Package::kMaintainer]);
    }
    return starts;
  }

 private:
  SizedFile file_;
  std::vector<Package> all_;
};
