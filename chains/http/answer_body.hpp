#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>
#include <boost/system/error_code.hpp>

#include "chains/http/transport.hpp"

namespace settled::chains::http {

/// The body of an answer in Beast's terms (its concepts Body and BodyReader): a text that is
/// appended to, where `string_body` fills it with zeroes first, and that has `kRoomBehind` bytes
/// of memory behind it where the answer told its length.
struct AnswerBody {
  using value_type = std::string;

  class reader {
   public:
    template <bool isRequest, class Fields>
    reader(boost::beast::http::header<isRequest, Fields>&, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& length, boost::system::error_code& error) {
      error = {};
      // The parser's own limit comes before this.
      if (length && *length > std::numeric_limits<std::uint32_t>::max()) {
        error = boost::beast::http::error::buffer_overflow;
      } else if (length) {
        body_.reserve(static_cast<std::size_t>(*length) + kRoomBehind);
      }
    }
    template <class ConstBufferSequence>
    std::size_t put(const ConstBufferSequence& buffers, boost::system::error_code& error) {
      error = {};
      std::size_t taken = 0;
      const auto end = boost::asio::buffer_sequence_end(buffers);
      for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
        const boost::asio::const_buffer piece = *at;
        body_.append(static_cast<const char*>(piece.data()), piece.size());
        taken += piece.size();
      }
      return taken;
    }
    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

}  // namespace settled::chains::http
