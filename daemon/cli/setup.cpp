#include <fstream>

#include "chains/evm/address.hpp"
#include "config/init.hpp"
#include "config/registry.hpp"
#include "config/token_registry.hpp"
#include "daemon/cli/print.hpp"
#include "daemon/process/checkpoint_key.hpp"
#include "ledger/proof/key_file.hpp"
#include "ledger/types/crypto.hpp"
#include "wallet/deposit_addresses.hpp"
#include "wallet/new_wallet.hpp"
#include "wallet/signer.hpp"

/// Commands that make and show settings and wallets.
namespace settled::daemon::cli {
namespace {

Result<chains::TokenSettings> registered_token(std::uint64_t chain_id, const std::string& symbol) {
  const config::IssuedToken* issued = config::find_issued(chain_id, symbol);
  if (issued == nullptr) {
    return fail(Errc::Invalid, "invalid_token",
                "the registry has no \"" + symbol +
                    "\" on this chain; any token is SYMBOL:ADDRESS:DECIMALS, such as "
                    "USDC:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913:6");
  }
  chains::TokenSettings token;
  token.symbol = symbol;
  token.currency = symbol;
  token.address = config::address_of(issued->address);
  token.decimals = issued->decimals;
  token.eip3009 = issued->eip3009;
  return token;
}

Result<chains::TokenSettings> parse_token(std::uint64_t chain_id, const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  if (first == std::string::npos) return registered_token(chain_id, text);
  const auto malformed = [&] {
    return fail(Errc::Invalid, "invalid_token",
                "a token is SYMBOL, or SYMBOL:ADDRESS:DECIMALS, such as "
                "USDC:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913:6; not \"" +
                    text + "\"");
  };
  if (first == last || first == 0) return malformed();
  chains::TokenSettings token;
  token.symbol = text.substr(0, first);
  token.currency = token.symbol;
  TRY(token.address, chains::evm::parse_address(text.substr(first + 1, last - first - 1)));
  const auto decimals = parse_uint128(text.substr(last + 1));
  if (!decimals || *decimals > 18) return malformed();
  token.decimals = static_cast<int>(*decimals);
  token.eip3009 = token.symbol == "USDC" || token.symbol == "EURC" || token.symbol == "PYUSD";
  return token;
}

Result<config::InitAnswers> answers_from(const InitOptions& options) {
  config::InitAnswers answers;
  answers.chain = options.chain_name;
  answers.chain_id = options.chain_id;
  const config::ChainDefaults* known = config::find_chain(options.chain_name);
  constexpr std::uint64_t kAnvil = 31'337;
  if (known == nullptr && !answers.chain_id) answers.chain_id = kAnvil;
  answers.node_urls = options.rpc_urls;
  if (answers.node_urls.empty()) answers.node_urls = {"http://127.0.0.1:8545"};
  const std::uint64_t chain_id = answers.chain_id.value_or(known == nullptr ? 0 : known->chain_id);
  for (const std::string& token : options.tokens) {
    TRY(auto parsed, parse_token(chain_id, token));
    answers.tokens.push_back(std::move(parsed));
  }
  answers.allow_private_networks = config::network_kind(chain_id) == config::NetworkKind::Local;
  if (!options.public_url.empty()) answers.public_url = options.public_url;
  return answers;
}

Status write_new_file(const std::filesystem::path& path, const std::string& text) {
  if (std::filesystem::exists(path)) {
    return fail(Errc::Conflict, "file_exists", path.string() + " exists and is left as it is");
  }
  std::ofstream out(path);
  out << text;
  out.close();
  if (!out) return fail(Errc::Unavailable, "cannot_write", "cannot write " + path.string());
  return {};
}

void tell_wallet(const wallet::WalletPaths& paths, const wallet::NewWallet& made) {
  print("hot wallet   " + chains::evm::to_checksum(made.hot_address) + " (" +
        paths.hot_keystore.string() + ")");
  print("deposits     " + paths.deposit_xpub.string() +
        ": addresses are derived from it, it can spend nothing");
  print("IMPORTANT    " + paths.deposit_mnemonic.string() +
        " holds the 24 words that own all deposits: move it off this machine");
}

}  // namespace

int init(const InitOptions& options) {
  const auto answers = answers_from(options);
  if (!answers) {
    report(answers.error());
    return kUsage;
  }
  std::error_code error;
  std::filesystem::create_directories(options.dir, error);
  if (error) {
    return report({Errc::Unavailable, "cannot_write",
                   "cannot make " + options.dir.string() + ": " + error.message()});
  }
  const std::filesystem::path file = options.dir / "settled.toml";
  if (std::filesystem::exists(file)) {
    return report({Errc::Conflict, "file_exists", file.string() + " exists and is left as it is"});
  }
  SystemRandom random;
  const auto paths = wallet::WalletPaths::in(options.dir);
  const auto made = wallet::create_wallet(paths, random);
  if (!made) return report(made.error());
  const auto checkpoint_key = proof::open_key_file(options.dir / answers->checkpoint_key_file,
                                                   process::book_name(answers->public_url), random);
  if (!checkpoint_key) return report(checkpoint_key.error());
  const Status written = write_new_file(file, config::render_settings(*answers));
  if (!written) return report(written.error());
  const auto loaded = config::load(file);
  if (!loaded) return report(loaded.error());
  print("settings     " + file.string());
  tell_wallet(paths, *made);
  print("checkpoints  " + checkpoint_key->verifier().text() +
        ": the public key by which receipts are verified");
  print("next         settled keys create --config " + file.string() +
        " --name admin --scopes admin");
  print("             settled run --config " + file.string());
  return kOk;
}

int new_wallet(const std::filesystem::path& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  SystemRandom random;
  const auto paths = wallet::WalletPaths::in(dir);
  const auto made = wallet::create_wallet(paths, random);
  if (!made) return report(made.error());
  tell_wallet(paths, *made);
  return kOk;
}

int show_address(const std::filesystem::path& config, std::optional<std::uint32_t> index) {
  const auto settings = config::load(config);
  if (!settings) return report(settings.error());
  if (index) {
    const auto addresses = wallet::DepositAddresses::from_xpub(settings->wallet.deposit_xpub);
    if (!addresses) return report(addresses.error());
    const auto address = addresses->address(*index);
    if (!address) return report(address.error());
    print(chains::evm::to_checksum(*address));
    return kOk;
  }
  for (const wallet::SignerSettings& signer : settings->wallet.signers) {
    const auto opened =
        wallet::KeystoreSigner::open(signer.name, signer.path, signer.passphrase_file);
    if (!opened) return report(opened.error());
    print(signer.name + " " + chains::evm::to_checksum((*opened)->address()));
  }
  return kOk;
}

int check_config(const std::filesystem::path& config) {
  const auto settings = config::load(config);
  if (!settings) return report(settings.error());
  const auto addresses = wallet::DepositAddresses::from_xpub(settings->wallet.deposit_xpub);
  if (!addresses) {
    report(addresses.error());
    return kBadSettings;
  }
  for (const wallet::SignerSettings& signer : settings->wallet.signers) {
    const auto opened =
        wallet::KeystoreSigner::open(signer.name, signer.path, signer.passphrase_file);
    if (!opened) {
      std::fprintf(stderr, "settled: signer %s: %s\n", signer.name.c_str(),
                   opened.error().detail.c_str());
      return kBadSettings;
    }
  }
  print(config.string() + " is sound: " + std::to_string(settings->chains.size()) + " chain(s), " +
        std::to_string(settings->wallet.signers.size()) + " signer(s)");
  return kOk;
}

}  // namespace settled::daemon::cli
