#include "ledger/group.hpp"

#include <algorithm>
#include <utility>

#include "ledger/command_form.hpp"
#include "ledger/keys.hpp"
#include "ledger/log.hpp"

namespace settled::ledger {

void Group::add(Waiting waiting, Time now, std::string entropy) {
  if (Status readable = check_texts(waiting.command); !readable) {
    answers_.push_back({std::move(waiting.done), std::unexpected(std::move(readable).error())});
    return;
  }
  pb::Envelope envelope;
  envelope.set_sequence(head_.sequence() + 1);
  // Recorded time never goes back, whatever the machine's clock does.
  envelope.set_time(std::max(to_ms(now), head_.time()));
  envelope.set_entropy(std::move(entropy));
  envelope.set_rules(kRules);
  if (waiting.key) *envelope.mutable_idempotency() = *std::move(waiting.key);
  *envelope.mutable_command() = std::move(waiting.command);
  Effect effect = apply_envelope(overlay_, head_, envelope);
  if (effect.logged) ledger::seal(overlay_, head_, envelope.SerializeAsString());
  Result<Applied> result = effect.reply
                               ? Result<Applied>(Applied{*std::move(effect.reply), effect.replayed})
                               : std::unexpected(std::move(effect.reply).error());
  answers_.push_back({std::move(waiting.done), std::move(result)});
}

std::shared_ptr<const OwnRows> Group::seal() {
  if (!overlay_.empty()) {
    overlay_.put(keys::head(), head_.SerializeAsString());
    overlay_.keep();
  }
  return overlay_.take();
}

void Group::answer(const std::optional<Error>& failure) {
  for (Answer& answer : answers_) {
    if (failure) {
      answer.done(std::unexpected(*failure));
    } else {
      answer.done(std::move(answer.result));
    }
  }
}

}  // namespace settled::ledger
