#include "chains/proof/header.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "chains/evm/address.hpp"
#include "chains/evm/rlp.hpp"
#include "chains/proof/header_fields.hpp"

namespace settled::chains::proof {
namespace {

namespace fields = rpc::fields;

enum class Kind : std::uint8_t { Hash, Address, Bloom, Nonce, Quantity, Quantity64, Data };

struct Field {
  std::string_view name;  // execution-apis, "Block object"
  Kind kind;
};

/// In the order of the yellow paper, section 4.3.
constexpr std::array kSinceFrontier = {
    Field{"parentHash", Kind::Hash},       Field{"sha3Uncles", Kind::Hash},
    Field{"miner", Kind::Address},         Field{"stateRoot", Kind::Hash},
    Field{"transactionsRoot", Kind::Hash}, Field{"receiptsRoot", Kind::Hash},
    Field{"logsBloom", Kind::Bloom},       Field{"difficulty", Kind::Quantity},
    Field{"number", Kind::Quantity64},     Field{"gasLimit", Kind::Quantity64},
    Field{"gasUsed", Kind::Quantity64},    Field{"timestamp", Kind::Quantity64},
    Field{"extraData", Kind::Data},        Field{"mixHash", Kind::Hash},
    Field{"nonce", Kind::Nonce},
};
constexpr std::array kEthereum = {
    Field{"baseFeePerGas", Kind::Quantity},      // London (EIP-1559)
    Field{"withdrawalsRoot", Kind::Hash},        // Shanghai (EIP-4895)
    Field{"blobGasUsed", Kind::Quantity64},      // Cancun (EIP-4844)
    Field{"excessBlobGas", Kind::Quantity64},    // Cancun (EIP-4844)
    Field{"parentBeaconBlockRoot", Kind::Hash},  // Cancun (EIP-4788)
    Field{"requestsHash", Kind::Hash},           // Prague (EIP-7685); Osaka brought none
};
/// coreth, plugin/evm/customtypes (HeaderSerializable). `extDataHash` is never missing.
constexpr std::array kAvalanche = {
    Field{"extDataHash", Kind::Hash},
    Field{"baseFeePerGas", Kind::Quantity},            // Apricot Phase 3
    Field{"extDataGasUsed", Kind::Quantity},           // Apricot Phase 4
    Field{"blockGasCost", Kind::Quantity},             // Apricot Phase 4
    Field{"blobGasUsed", Kind::Quantity64},            // Etna
    Field{"excessBlobGas", Kind::Quantity64},          // Etna
    Field{"parentBeaconBlockRoot", Kind::Hash},        // Etna
    Field{"timestampMilliseconds", Kind::Quantity64},  // Granite
    Field{"minDelayExcess", Kind::Quantity64},         // Granite
};

using Nonce = FixedBytes<8, struct NonceTag>;

template <typename T>
Status write_fixed(const fields::Object& block, std::string_view name, evm::RlpWriter& writer) {
  TRY(const T value, fields::fixed_at<T>(block, name));
  writer.bytes(value.view());
  return {};
}

Status write(const fields::Object& block, const Field& field, evm::RlpWriter& writer) {
  switch (field.kind) {
    case Kind::Hash:
      return write_fixed<evm::Hash>(block, field.name, writer);
    case Kind::Address:
      return write_fixed<evm::Address>(block, field.name, writer);
    case Kind::Bloom:
      return write_fixed<evm::Bloom>(block, field.name, writer);
    case Kind::Nonce:
      return write_fixed<Nonce>(block, field.name, writer);
    case Kind::Quantity: {
      TRY(const evm::U256 value, fields::quantity_at(block, field.name));
      writer.integer(value);
      return {};
    }
    case Kind::Quantity64: {
      TRY(const std::uint64_t value, fields::quantity64_at(block, field.name));
      writer.integer(value);
      return {};
    }
    case Kind::Data: {
      TRY(const Bytes value, fields::data_at(block, field.name));
      writer.bytes(value);
      return {};
    }
  }
  std::unreachable();
}

Status write_appended(const fields::Object& block, std::span<const Field> appended,
                      evm::RlpWriter& writer) {
  while (!appended.empty() && fields::is_absent(block, appended.back().name)) {
    appended = appended.first(appended.size() - 1);
  }
  for (const Field& field : appended) {
    if (fields::is_absent(block, field.name)) {
      writer.bytes({});
    } else {
      TRY_OK(write(block, field, writer));
    }
  }
  return {};
}

}  // namespace

Result<ProvenHeader> read_header(const fields::Object& block) {
  TRY(const auto told, fields::fixed_at<evm::BlockHash>(block, "hash"));
  evm::RlpWriter writer;
  writer.begin_list();
  for (const Field& field : kSinceFrontier) TRY_OK(write(block, field, writer));
  const bool is_avalanche = !fields::is_absent(block, kAvalanche.front().name);
  TRY_OK(
      write_appended(block, is_avalanche ? std::span<const Field>(kAvalanche) : kEthereum, writer));
  writer.end_list();
  ProvenHeader out;
  out.encoded = writer.take();
  auto header = evm::decode_header(out.encoded);
  if (!header) return fields::bad("header: " + header.error().detail);
  if (header->hash != told) {
    return fail(Errc::Corrupt, "header_hash_mismatch",
                "the header's fields hash to " + to_0x(header->hash.view()) +
                    ", and the node tells " + to_0x(told.view()));
  }
  out.header = *header;
  return out;
}

Result<ProvenHeader> prove_header(const rpc::Document& block) {
  TRY(const fields::Object object, fields::object(fields::root(block), "block"));
  return read_header(object);
}

}  // namespace settled::chains::proof
