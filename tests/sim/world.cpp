#include "tests/sim/world.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "daemon/async/book.hpp"

namespace settled::sim {
namespace {

namespace pb = ledger::pb;

Bug in_force(Bug bug) {
  set_bug(bug);
  return bug;
}

}  // namespace

World::World(Plan plan, WorldSettings settings)
    : plan_(std::move(plan)),
      settings_{in_force(settings.bug), settings.shown},
      trace_(settings.shown),
      network_(time_, trace_, plan_.seed),
      bytes_(beginning().disk) {
  const Shop& shop = beginning().shop;
  const std::set<Address> ours(shop.addresses.begin(), shop.addresses.end());
  chains_.reserve(plan_.chains.size());
  for (const ChainPlan& each : plan_.chains) {
    chains_.push_back(std::make_unique<Chain>(each.chain, ours));
    const auto& tiers = each.settings.confirmation_tiers;
    followed_.push_back({each.settings.name, chains_.back().get(),
                         tiers.empty() ? std::nullopt : std::optional(tiers.back().up_to)});
    chain_settings_.push_back(each.settings);
    for (const chains::NodeSettings& node : each.settings.nodes) {
      network_.add(node.url, Node(*chains_.back(), each.settings.chain_id));
    }
  }
  network_.bug = settings.bug;
  network_.powered = [this] { return end_ == End::None && !disk_->fired(); };
  network_.broken = [this](const std::string& what) { broken(what); };
  time_.after_book = [this] { after_book(); };
  time_.at_rest = [this] { at_rest(); };
  schedule();
}

void World::at(std::int64_t time_ms, std::function<void()> what) {
  agenda_.emplace(time_ms, std::move(what));
}

void World::schedule() {
  calm_ms_ = end_of(plan_);
  for (std::size_t i = 0; i < plan_.chains.size(); ++i) {
    at(plan_.chains[i].block_ms, [this, i] { mine(i); });
  }
  for (const Event& event : plan_.events) {
    if (event.act == Act::Intent) {
      intents_.resize(std::max(intents_.size(), event.which + 1));
      intents_[event.which].event = event;
    } else if (event.act == Act::DiskStops || event.act == Act::DiskFails) {
      disk_faults_.push_back(event);
      continue;
    } else if (event.act == Act::Node || event.act == Act::Receiver) {
      plan_fault(event);
      continue;
    }
    at(event.at_ms, [this, event] { happen(event); });
  }
}

void World::plan_fault(const Event& event) {
  const std::int64_t until = event.at_ms + event.length_ms;
  if (event.act == Act::Receiver) {
    network_.receiver().plan({event.receiver_fault, event.at_ms, until, event.amount});
    return;
  }
  const std::string& url = plan_.chains[event.chain].settings.nodes[event.which].url;
  network_.node(url).plan({event.node_fault, event.at_ms, until, event.amount});
}

void World::mine(std::size_t chain) {
  chains_[chain]->mine(time_.elapsed_ms());
  at(time_.elapsed_ms() + plan_.chains[chain].block_ms, [this, chain] { mine(chain); });
}

void World::happen(const Event& event) {
  if (trace_.shown()) trace_.note(time_.elapsed_ms(), to_string(event));
  switch (event.act) {
    case Act::Intent:
      intents_[event.which].wanted = true;
      act(intents_[event.which]);
      break;
    case Act::Cancel:
      if (event.which >= intents_.size()) break;
      intents_[event.which].cancel_wanted = true;
      act(intents_[event.which]);
      break;
    case Act::Pay:
    case Act::Crowd:
      pay(event);
      break;
    case Act::Reorganise:
      chains_[event.chain]->reorganise(event.amount, event.which, Dice(plan_.seed + event.id),
                                       time_.elapsed_ms());
      break;
    case Act::Kill:
      end(End::Killed);
      break;
    case Act::PowerLoss:
      end(End::PowerLost);
      break;
    case Act::Node:
    case Act::Receiver:
    case Act::DiskStops:
    case Act::DiskFails:
      break;
  }
}

void World::pay(const Event& event) {
  const bool crowd = event.act == Act::Crowd;
  if (!crowd && (event.which >= intents_.size() || intents_[event.which].id.empty())) return;
  std::vector<Transfer> transfers;
  if (!crowd) transfers = transfers_of(event, intents_[event.which]);
  Address stranger;
  stranger.bytes.fill(0x57);
  for (std::uint64_t i = 0; crowd && i < event.amount; ++i) {
    stranger.bytes.back() = static_cast<std::uint8_t>(i);
    transfers.push_back({Token::Usdc, address_of(Token::Unlisted), stranger, 1'000'000 + i});
  }
  const std::string name = std::to_string(plan_.seed) + "/" + std::to_string(event.id);
  chains_[event.chain]->submit(make_tx(name, std::move(transfers)));
}

std::vector<Transfer> World::transfers_of(const Event& event, const Intent& intent) const {
  const std::vector<Address>& addresses = beginning().shop.addresses;
  const uint128 asked = intent.event.amount;
  // The last ones: no intent is ever given them.
  const Address& nobody = addresses[addresses.size() - 1 - event.id % 8];
  Transfer exact{Token::Usdc, {}, intent.address, asked};
  exact.from.bytes.fill(0x11);
  const auto with = [&](auto change) {
    Transfer out = exact;
    change(out);
    return out;
  };
  switch (event.payment) {
    case Payment::Exact:
      return {exact};
    case Payment::Part:
      return {with([](Transfer& t) { t.value = t.value / 2 + 1; })};
    case Payment::Over:
      return {with([](Transfer& t) { t.value += t.value / 3 + 1; })};
    case Payment::Again:
      return {with([](Transfer& t) { t.value = t.value / 2 + 3; }),
              with([](Transfer& t) { t.value -= t.value / 2; })};
    case Payment::WrongToken:
      return {with([](Transfer& t) { t.token = Token::Eurc; })};
    case Payment::UnlistedToken:
      return {with([](Transfer& t) { t.token = Token::Unlisted; })};
    case Payment::Dust:
      return {with([](Transfer& t) { t.value = 1; })};
    case Payment::Zero:
      return {with([](Transfer& t) { t.value = 0; })};
    case Payment::Stranger:
      return {with([&](Transfer& t) { t.to = nobody; })};
    case Payment::Huge:
      return {with([](Transfer& t) { t.value += uint128{1} << 84U; })};
    case Payment::Failed:
      return {};
    case Payment::Everybody:
      break;
  }
  std::vector<Transfer> out;
  for (const Intent& each : intents_) {
    out.push_back(with([&](Transfer& t) {
      t.to = nobody;
      t.value = 77;
    }));
    if (!each.id.empty()) out.push_back(with([&](Transfer& t) { t.to = each.address; }));
  }
  return out;
}

void World::act(Intent& intent) {
  if (!intent.wanted || !daemon_) return;
  const auto executor = daemon_->executor();
  const auto heard = [this](const std::exception_ptr& thrown) {
    if (thrown) broken("the merchant's request threw");
  };
  if (intent.id.empty()) boost::asio::co_spawn(executor, create(&intent), heard);
  if (!intent.id.empty() && intent.cancel_wanted) {
    boost::asio::co_spawn(executor, cancel(&intent), heard);
  }
}

daemon::Task<void> World::create(Intent* intent) {
  pb::Command command;
  pb::CreateIntent& create = *command.mutable_create_intent();
  create.set_merchant(beginning().shop.merchant);
  create.set_currency("USDC");
  const Amount amount = Amount::from_units(uint128{intent->event.amount} * scale_of(Token::Usdc));
  create.set_amount(amount.stored());
  create.set_required(amount.stored());
  const chains::ChainSettings& chain = chain_settings_[intent->event.chain];
  pb::PaymentOption& option = *create.add_options();
  option.set_chain(chain.name);
  option.set_chain_id(chain.chain_id);
  option.set_token("USDC");
  option.set_token_address(address_of(Token::Usdc).raw());
  option.set_decimals(6);
  create.set_expires_in_ms(intent->event.length_ms);
  create.set_late_window_ms(intent->event.length_ms);
  // Whoever was not answered asks again, under the same key, whatever life comes next.
  pb::IdempotencyKey key;
  key.set_scope(std::string(16, 's'));
  key.set_key_sha256(sha256(as_bytes("intent " + std::to_string(intent->event.id))).raw());
  key.set_fingerprint(key.key_sha256());
  const auto applied = co_await daemon::apply(daemon_->book(), std::move(command), std::move(key));
  if (!applied) {
    broken("an intent was refused: " + applied.error().reason);
    co_return;
  }
  intent->id = applied->reply.intent().id();
  intent->address = fixed_from<Address>(applied->reply.intent().deposit_address());
  act(*intent);
}

daemon::Task<void> World::cancel(Intent* intent) {
  pb::Command command;
  command.mutable_cancel_intent()->set_id(intent->id);
  // Refused where it has succeeded meanwhile.
  const auto applied = co_await daemon::apply(daemon_->book(), std::move(command), std::nullopt);
  intent->cancel_wanted = false;
}

}  // namespace settled::sim
