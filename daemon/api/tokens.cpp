#include "daemon/api/tokens.hpp"

#include <algorithm>

namespace settled::daemon::api {

Status check_amount(Amount amount) {
  static const Amount most = Amount::parse(kMaxAmount).value();
  if (amount <= most) return {};
  return fail(Errc::Invalid, "amount_too_large", "must not be above " + most.to_string(), "amount");
}

Status check_currency(const Settings& settings, std::string_view currency) {
  for (const chains::ChainSettings& chain : settings.chains) {
    for (const chains::TokenSettings& token : chain.tokens) {
      if (token.currency == currency) return {};
    }
  }
  return fail(Errc::Rejected, "unknown_currency", "no token of that currency is configured",
              "currency");
}

const chains::ChainSettings* find_chain(const Settings& settings, std::string_view name) {
  const auto found = std::ranges::find(settings.chains, name, &chains::ChainSettings::name);
  return found == settings.chains.end() ? nullptr : &*found;
}

Status check_expressible(Amount amount, const chains::TokenSettings& token) {
  if (amount.to_base_units(token.decimals)) return {};
  return fail(Errc::Invalid, "amount_too_precise",
              token.symbol + " has " + std::to_string(token.decimals) + " decimals", "amount");
}

Result<const chains::TokenSettings*> token_for(const chains::ChainSettings& chain,
                                               std::string_view currency, std::string_view token) {
  const chains::TokenSettings* found = nullptr;
  for (const chains::TokenSettings& each : chain.tokens) {
    if (each.currency != currency || (!token.empty() && each.symbol != token)) continue;
    if (found != nullptr) {
      return fail(Errc::Rejected, "ambiguous_token",
                  "several tokens on " + chain.name + " are of that currency: name one", "token");
    }
    found = &each;
  }
  if (found != nullptr) return found;
  return fail(Errc::Rejected, "token_not_available",
              "there is no such token of that currency on " + chain.name,
              token.empty() ? "currency" : "token");
}

Result<std::string> signer_for(const Settings& settings, const std::string& chain) {
  for (const wallet::SignerSettings& signer : settings.signers) {
    const bool here = std::ranges::find(signer.chains, chain) != signer.chains.end();
    const bool pays =
        std::ranges::find(signer.roles, wallet::SignerRole::Payouts) != signer.roles.end();
    if (here && pays) return signer.name;
  }
  return fail(Errc::Rejected, "no_signer", "no signer pays on " + chain, "chain");
}

}  // namespace settled::daemon::api
