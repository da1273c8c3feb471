#include "tests/sim/daemon.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

#include "ledger/store/leveldb_store.hpp"
#include "tests/support/fault_env.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::sim {
namespace {

namespace pb = ledger::pb;
using std::chrono::seconds;

/// The engine takes a lock in a true directory; its files are the world's own.
const std::filesystem::path& lock_directory() {
  static const tests::TempDirectory directory;
  static const std::filesystem::path path = directory.path() / "book";
  return path;
}

Result<std::unique_ptr<ledger::store::Store>> open_store(leveldb::Env& disk) {
  return ledger::store::open_leveldb(lock_directory(), {.cache_bytes = std::size_t{1} << 20U,
                                                        .write_buffer_bytes = std::size_t{1} << 18U,
                                                        .env = &disk});
}

/// Tells that what was only written is durable.
class HastyStore final : public ledger::store::Store {
 public:
  explicit HastyStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  Result<std::optional<std::string>> get(std::string_view key) const override {
    return store_->get(key);
  }
  Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
    return store_->scan(from, to, visit);
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    return store_->scan_reverse(from, to, visit);
  }
  Status write(const ledger::store::Batch& batch, ledger::store::Durability) override {
    return store_->write(batch, ledger::store::Durability::Written);
  }
  std::unique_ptr<Reader> snapshot() const override { return store_->snapshot(); }
  bool poisoned() const override { return store_->poisoned(); }

 private:
  std::unique_ptr<Store> store_;
};

daemon::webhooks::Settings webhook_settings(Bug bug) {
  daemon::webhooks::Settings out;
  out.allow_private_networks = true;
  out.timeout = seconds{15};
  // Days of retries are minutes here.
  for (const int wait : {2, 5, 10, 20, 30, 45, 60, 60, 90, 120, 180, 300, 600, 600, 600}) {
    out.retry_schedule.emplace_back(seconds{wait});
  }
  if (bug == Bug::WebhookGivesUp) out.retry_schedule.resize(2);
  return out;
}

pb::Reply must(ledger::Book& book, pb::Command command) {
  auto applied = book.apply(std::move(command));
  INVARIANT(applied.has_value());
  return std::move(applied->reply);
}

Shop open_shop(ledger::Book& book) {
  Shop shop;
  pb::Command merchant;
  merchant.mutable_create_merchant()->set_name("Shop");
  shop.merchant = must(book, std::move(merchant)).merchant().id();
  pb::Command derive;
  derive.mutable_add_deposit_addresses()->set_xpub_id("xpub");
  for (std::size_t i = 0; i < Shop::kAddresses; ++i) {
    const Hash256 hash = sha256(as_bytes("deposit " + std::to_string(i)));
    shop.addresses.push_back(fixed_from<Address>(hash.view().first(Address::kSize)));
    derive.mutable_add_deposit_addresses()->add_addresses(shop.addresses.back().raw());
  }
  must(book, std::move(derive));
  pb::Command endpoint;
  endpoint.mutable_create_endpoint()->set_merchant(shop.merchant);
  endpoint.mutable_create_endpoint()->set_url(Network::kHook);
  endpoint.mutable_create_endpoint()->add_events("*");
  endpoint.mutable_create_endpoint()->set_secret(Receiver::kSecret);
  must(book, std::move(endpoint));
  return shop;
}

Beginning make_beginning() {
  INVARIANT(VirtualTime::current() != nullptr);
  VirtualTime& time = *VirtualTime::current();
  time.set_free(true);
  tests::MemoryDisk disk;
  const BookClock clock(time);
  SeededRandom random(0);
  Beginning out;
  auto store = open_store(disk);
  INVARIANT(store.has_value());
  {
    auto book = ledger::Book::open(**store, clock, random, {});
    INVARIANT(book.has_value());
    out.shop = open_shop(**book);
  }
  store->reset();
  out.disk = disk.contents();
  return out;
}

}  // namespace

const Beginning& beginning() {
  static const Beginning made = make_beginning();
  return made;
}

const daemon::render::Context& render_context() {
  static const daemon::render::Context context{"http://pay", false, Hash256{}};
  return context;
}

Daemon::Daemon(Seams seams)
    : seams_(seams),
      clock_(seams.time),
      book_clock_(seams.time),
      random_(seams.seed),
      book_random_(seams.seed + 1) {}

Result<std::unique_ptr<Daemon>> Daemon::open(Seams seams,
                                             const std::vector<chains::ChainSettings>& chains) {
  std::unique_ptr<Daemon> life(new Daemon(seams));
  TRY_OK(life->open_books());
  life->open_services(chains);
  return life;
}

Status Daemon::open_books() {
  seams_.time.set_free(true);
  TRY(store_, open_store(seams_.disk));
  if (seams_.bug == Bug::AnsweredBeforeSync) {
    store_ = std::make_unique<HastyStore>(std::move(store_));
  }
  ledger::Book::Options options;
  // Which commands share a commit depends on threads: here each has its own.
  options.max_group = 1;
  options.on_commit = [this](const pb::Head&) { on_commit(); };
  options.on_poisoned = [this] { seams_.time.book_failed(); };
  TRY(book_, ledger::Book::open(*store_, book_clock_, book_random_, std::move(options)));
  seams_.time.set_free(false);
  return {};
}

void Daemon::open_services(const std::vector<chains::ChainSettings>& chains) {
  nursery_ = std::make_unique<daemon::process::Nursery>(
      loop_.get_executor(), [this](std::string_view task, std::string_view what) {
        ended_ = std::string(task) + " threw " + std::string(what);
      });
  for (const chains::ChainSettings& chain : chains) {
    daemon::process::ChainService::Seams seams{*book_, *store_, seams_.network,
                                               clock_, random_, [](std::string_view) {}};
    chains_.push_back(std::make_unique<daemon::process::ChainService>(
        loop_.get_executor(), std::move(seams), chain, std::vector<wallet::Signer*>{}));
    chains_.back()->spawn_into(*nursery_);
  }
  deliverer_ = std::make_unique<daemon::webhooks::Deliverer>(
      loop_.get_executor(), *book_, *store_, seams_.network, clock_, random_,
      webhook_settings(seams_.bug),
      [](const pb::Event& event) { return daemon::render::event_body(event, render_context()); });
  expiry_ = std::make_unique<daemon::deposits::Expiry>(loop_.get_executor(), *book_, clock_);
  nursery_->spawn("webhooks", must_not_end("webhooks", deliverer_->run()));
  nursery_->spawn("expiry", must_not_end("expiry", expiry_->run()));
}

Daemon::~Daemon() {
  seams_.time.set_free(true);
  book_.reset();
  loop_.abandon();
  nursery_.reset();
  expiry_.reset();
  deliverer_.reset();
  chains_.clear();
}

daemon::Task<void> Daemon::must_not_end(std::string what, daemon::Task<Status> task) {
  const Status status = co_await std::move(task);
  ended_ = what + " ended" + (status ? std::string() : ": " + status.error().reason);
}

void Daemon::on_commit() {
  if (!wake_posted_.exchange(true)) {
    boost::asio::post(loop_, [this] {
      wake_posted_ = false;
      deliverer_->wake();
      for (const auto& chain : chains_) chain->wake();
    });
  }
  seams_.time.answered();
}

}  // namespace settled::sim
