#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "chains/http/answer_body.hpp"
#include "chains/http/transport.hpp"
#include "chains/http/url.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::http {

using RequestMessage = boost::beast::http::request<boost::beast::http::string_body>;
using ResponseMessage = boost::beast::http::response<AnswerBody>;

/// Error: Invalid `invalid_request` for a method or header that is malformed, too long or the
/// client's own to set.
Result<RequestMessage> to_message(const Request& request, const Url& url);
Response to_response(ResponseMessage message);

}  // namespace settled::chains::http
