// SPDX-License-Identifier: Apache-2.0
// All sources from which the list of servers of a run may change (failover.md section 5): one
// reader for each. What they find is told with its source; the policy decides what becomes of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "config/naming/naming.hpp"
#include "discovery/offer_reader.hpp"
#include "discovery/source_reader.hpp"
#include "policy/event.hpp"

namespace mqfail {

struct UpdateRequest {
  NamingRequest naming;                ///< of the run
  FailoverFlags flags;                 ///< of the run
  std::vector<std::string> documents;  ///< that it named servers by
  std::vector<Discovery> discoveries;
  std::uint64_t seed = 0;  ///< of the run
  UpdateTuning tuning;
  std::function<Result<Done>(const ServerList&)> check;  ///< what the run needs of a list
};

class UpdateSources {
 public:
  using Offers = std::shared_ptr<const OfferReader>;
  /// Called on threads of the sources.
  using Tell = std::function<void(ListSource, Result<Reading>)>;

  /// Begins to read the sources that have not been read for the start. Errors: usage.
  static Result<std::unique_ptr<UpdateSources>> begin(UpdateRequest request, Tell tell);

  /// The files whose change is to be followed by again().
  const std::vector<std::string>& files() const { return files_; }
  /// Whether there is a source that can be read again.
  bool any() const { return !readers_.empty(); }
  /// Reads the files and asks the servers again.
  void again();
  /// A message on updatesTopic has come. Of several the last one counts. Empty: one that is larger
  /// than kLargestAnnouncement.
  void heard(std::optional<std::string> payload);

 private:
  /// The last message on updatesTopic, until it is read.
  struct Slot {
    std::mutex mutex;
    bool is_full = false;
    std::optional<std::string> payload;
  };

  explicit UpdateSources(Tell tell) : tell_(std::move(tell)) {}
  void add(ListSource source, SourceReader::Start start, SourceReader::Read read,
           std::optional<Duration> retry = std::nullopt);
  void add_documents(const UpdateRequest& request);
  Result<Done> add_url(const UpdateRequest& request, const Offers& offers);
  void add_file(const std::string& path, const Offers& offers);
  void add_topic(const std::string& topic, const Offers& offers);

  const Tell tell_;
  const std::shared_ptr<Slot> slot_ = std::make_shared<Slot>();
  SourceReader* topic_ = nullptr;
  std::vector<std::string> files_;
  std::vector<std::unique_ptr<SourceReader>> readers_;
};

}  // namespace mqfail
