#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/commands.pb.h"
#include "ledger/records.pb.h"
#include "ledger/state.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger {

/// What a command led to.
struct Applied {
  pb::Reply reply;        ///< never a Refusal: that is an Error
  bool replayed = false;  ///< the stored answer of an earlier command with this idempotency key
};
using Done = std::function<void(Result<Applied>)>;

/// A command that nobody has looked at yet.
struct Waiting {
  pb::Command command;
  std::optional<pb::IdempotencyKey> key;
  Done done;
};

/// Commands that are committed together: numbers, times, applies and hashes them on top of what
/// was committed and of the group before, which may still be on its way to the store.
class Group {
 public:
  Group(const store::Reader& base, std::shared_ptr<const OwnRows> in_flight, RowCache& cache,
        pb::Head head)
      : overlay_(base, std::move(in_flight), &cache), head_(std::move(head)) {}

  /// Applies one command and keeps its answer, which nobody may see before the commit.
  void add(Waiting waiting, Time now, std::string entropy);
  std::size_t size() const { return answers_.size(); }

  /// Ends the group. What it changed, the head included; empty where it changed nothing.
  std::shared_ptr<const OwnRows> seal();
  const pb::Head& head() const { return head_; }

  /// Answers every caller in the order of the commands; with `failure`, each of them so.
  void answer(const std::optional<Error>& failure);

 private:
  struct Answer {
    Done done;
    Result<Applied> result;
  };

  Overlay overlay_;
  pb::Head head_;
  std::vector<Answer> answers_;
};

}  // namespace settled::ledger
