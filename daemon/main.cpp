#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "daemon/cli/commands.hpp"

namespace {

namespace cli = settled::daemon::cli;

/// The command line: what was asked for, and what carries it out.
class CommandLine {
 public:
  CommandLine() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "settled " SETTLED_VERSION);
    with_config("run", "Serve until SIGTERM", [this] { return cli::run_daemon(config_); });
    with_config("check-config", "Check the settings file, keys included",
                [this] { return cli::check_config(config_); });
    with_config("verify", "Prove that the books are whole: replay the log, compare every row",
                [this] { return cli::verify(config_); });
    add(app_, "version", "Print the version", [] { return cli::version(); });
    add_export();
    add_receipt();
    add_init();
    add_keys();
    add_wallet();
    add_care();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? cli::kOk : cli::kUsage;
    }
    return command_();
  }

 private:
  using Command = std::function<int()>;

  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& help,
                const Command& command) {
    CLI::App& sub = *parent.add_subcommand(name, help);
    sub.callback([this, command] { command_ = command; });
    return sub;
  }

  CLI::App& with_config(const std::string& name, const std::string& help, Command command,
                        CLI::App* parent = nullptr) {
    CLI::App& sub = add(parent == nullptr ? app_ : *parent, name, help, std::move(command));
    sub.add_option("--config", config_, "The settings file")->required();
    return sub;
  }

  void add_export() {
    CLI::App& sub = with_config("export", "Write the books to a file for others to read",
                                [this] { return cli::export_books(config_, export_); });
    sub.add_option("--format", export_.format, "csv, hledger, jsonl or statement (CSV)")
        ->required()
        ->check(CLI::IsMember({"csv", "hledger", "jsonl", "statement"}));
    sub.add_option("--to", export_.to, "The file, replaced if it exists")->required();
    sub.add_option("--merchant", export_.merchant, "mer_...: the lines of its accounts alone");
    sub.add_option("--currency", export_.currency, "Lines of that currency alone");
    sub.add_option("--from", export_.from, "2026-11-01T00:00:00Z: included");
    sub.add_option("--until", export_.until, "2026-12-01T00:00:00Z: not included");
  }

  void add_init() {
    CLI::App& init = add(app_, "init", "Write a working settings file with fresh keys",
                         [this] { return cli::init(init_); });
    init.add_option("--dir", init_.dir, "Where to write")->required();
    init.add_option("--chain-name", init_.chain_name, "A chain of the registry, or your own name")
        ->capture_default_str();
    init.add_option("--chain-id", init_.chain_id, "Of a chain outside the registry");
    init.add_option("--rpc-url", init_.rpc_urls, "A node's JSON-RPC URL; may be repeated");
    init.add_option("--token", init_.tokens,
                    "A symbol of the registry, or SYMBOL:ADDRESS:DECIMALS; may be repeated");
    init.add_option("--public-url", init_.public_url, "Where customers reach the checkout page");
  }

  void add_receipt() {
    CLI::App& verify = add(app_, "verify-receipt", "Prove a receipt, without daemon or settings",
                           [this] { return cli::verify_receipt(receipt_); });
    verify.add_option("file", receipt_.file, "The receipt")->required();
    verify.add_option("--key", receipt_.key, "The operator's public key; else the receipt's claim");
    verify.add_option("--block-hash", receipt_.block_hash,
                      "A transfer's block, as a source that you trust tells it");
  }

  void add_keys() {
    CLI::App& keys = *app_.add_subcommand("keys", "API keys");
    keys.require_subcommand(1);
    keys.add_option("--config", config_, "The settings file")->required();
    CLI::App& create = add(keys, "create", "Make a key and print it, once",
                           [this] { return cli::create_key(config_, key_); });
    create.add_option("--name", key_.name, "What it is for")->required();
    create.add_option("--merchant", key_.merchant, "mer_...; the platform's key without");
    create
        .add_option("--scopes", key_.scopes,
                    "intents,payouts,payouts.approve,ledger.read,webhooks,admin")
        ->delimiter(',')
        ->required();
    CLI::App& list = add(keys, "list", "List the keys", [this] { return cli::list_keys(config_); });
    CLI::App& revoke = add(keys, "revoke", "Make a key worthless",
                           [this] { return cli::revoke_key(config_, key_); });
    revoke.add_option("id", key_.id, "key_...")->required();
    // `keys create --config FILE` and `keys --config FILE create` are the same.
    for (CLI::App* sub : {&create, &list, &revoke}) sub->fallthrough();
  }

  void add_wallet() {
    CLI::App& wallet = *app_.add_subcommand("wallet", "Wallet files and addresses");
    wallet.require_subcommand(1);
    CLI::App& make = add(wallet, "new", "Write a new wallet's files",
                         [this] { return cli::new_wallet(init_.dir); });
    make.add_option("--dir", init_.dir, "Where to write")->required();
    CLI::App& address = with_config(
        "address", "Print a deposit address, or those of the signers",
        [this] { return cli::show_address(config_, index_); }, &wallet);
    address.add_option("--index", index_, "Of the deposit address");
  }

  void add_care() {
    CLI::App& payouts = *app_.add_subcommand("payouts", "Payouts, as the daemon sends them");
    payouts.require_subcommand(1);
    with_config(
        "release", "Send payouts again that are held since a restore",
        [this] { return cli::release_payouts(config_); }, &payouts);
    CLI::App& backup = with_config("backup", "Copy the books of this moment, while they are used",
                                   [this] { return cli::backup(config_, directory_); });
    backup.add_option("--to", directory_, "A directory that is not there yet")->required();
    CLI::App& restore =
        with_config("restore", "Put a backup in place where no books are, once it is proven",
                    [this] { return cli::restore(config_, restore_); });
    restore.add_option("--from", restore_.from, "The backup")->required();
    restore.add_option("--accept-loss", restore_.accept_loss,
                       "The backup's last command, where later ones are known and will be lost");
    restore.add_flag("--new-checkpoints", restore_.new_checkpoints,
                     "The checkpoint key is lost: begin a new record of checkpoints");
    CLI::App& repair =
        with_config("repair", "Make a backup of what is whole in damaged books; changes nothing",
                    [this] { return cli::repair(config_, directory_); });
    repair.add_option("--to", directory_, "A directory that is not there yet")->required();
  }

  CLI::App app_{"settled: settles stablecoin payments"};
  Command command_;
  std::filesystem::path config_;
  std::filesystem::path directory_;
  std::optional<std::uint32_t> index_;
  cli::ExportOptions export_;
  cli::RestoreOptions restore_;
  cli::InitOptions init_;
  cli::ReceiptOptions receipt_;
  cli::KeyOptions key_;
};

}  // namespace

int main(int argc, char** argv) {
  return CommandLine().run(argc, argv);
}
