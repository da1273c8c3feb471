#include "daemon/api/payout_request.hpp"

#include <string_view>
#include <utility>

#include "chains/evm/address.hpp"
#include "daemon/api/tokens.hpp"

namespace settled::daemon::api {
namespace {

namespace pb = ledger::pb;

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxAddress = 256;

Result<std::string> destination_of(const std::string& text) {
  const auto address = chains::evm::parse_address(text);
  if (!address) {
    return fail(Errc::Rejected, "invalid_destination", address.error().detail, "destination");
  }
  return address->raw();
}

/// Who holds money of the house must not be paid by it, and what a token contract is sent is lost.
Status check_not_ours(const Settings& settings, const chains::ChainSettings& chain,
                      std::string_view destination) {
  const auto refuse = [](std::string why) {
    return fail(Errc::Rejected, "invalid_destination", std::move(why), "destination");
  };
  for (const chains::TokenSettings& token : chain.tokens) {
    if (token.address.raw() == destination) {
      return refuse("that is the contract of " + token.symbol + " on " + chain.name);
    }
  }
  for (const chains::evm::Address& signer : settings.signer_addresses) {
    if (signer.raw() == destination) return refuse("that is an address of a signer of ours");
  }
  return {};
}

/// Where the money goes and who signs for it.
Status choose_route(pb::RequestPayout& request, const Settings& settings, const PayoutWish& wish) {
  TRY_OK(check_currency(settings, wish.currency));
  const chains::ChainSettings* chain = find_chain(settings, wish.chain);
  if (chain == nullptr) {
    return fail(Errc::Rejected, "unknown_chain", "no such chain is configured", "chain");
  }
  TRY(const chains::TokenSettings* token, token_for(*chain, wish.currency, wish.token));
  TRY_OK(check_expressible(wish.amount, *token));
  TRY_OK(check_not_ours(settings, *chain, request.destination()));
  TRY(*request.mutable_signer(), signer_for(settings, chain->name));
  request.set_chain(chain->name);
  request.set_token(token->symbol);
  request.set_token_address(token->address.raw());
  request.set_decimals(static_cast<std::uint32_t>(token->decimals));
  return {};
}

Status check_limit(const Settings& settings, Amount amount) {
  TRY_OK(check_amount(amount));
  const auto& most = settings.payouts.max_amount;
  if (!most || amount <= *most) return {};
  return fail(Errc::Rejected, "amount_over_limit",
              "one payout must not be above " + most->to_string(), "amount");
}

}  // namespace

Result<PayoutWish> read_payout_wish(json::Fields& fields) {
  PayoutWish wish;
  TRY(wish.amount, fields.amount("amount"));
  TRY(wish.chain, fields.text("chain", kMaxName));
  TRY(auto token, fields.optional_text("token", kMaxName));
  TRY(wish.destination, fields.text("destination", kMaxAddress));
  wish.token = std::move(token).value_or("");
  return wish;
}

Result<pb::RequestPayout> payout_request(const Settings& settings, PayoutWish wish,
                                         const std::string& created_by) {
  pb::RequestPayout request;
  TRY(*request.mutable_destination(), destination_of(wish.destination));
  TRY_OK(check_limit(settings, wish.amount));
  TRY_OK(choose_route(request, settings, wish));
  request.set_amount(wish.amount.stored());
  request.set_merchant(std::move(wish.merchant));
  request.set_currency(std::move(wish.currency));
  request.set_created_by(created_by);
  request.set_approvals_required(settings.payouts.approvals_required);
  return request;
}

}  // namespace settled::daemon::api
