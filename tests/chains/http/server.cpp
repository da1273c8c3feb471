#include "tests/chains/http/server.hpp"

#include <charconv>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kIgnore = [](std::exception_ptr) {};

std::size_t content_length(const std::string& head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const auto at = head.find(kName);
  std::size_t length = 0;
  if (at != std::string::npos) {
    const char* digits = head.data() + at + kName.size();
    std::from_chars(digits, head.data() + head.size(), length);
  }
  return length;
}

}  // namespace

Peer::Peer(tcp::socket socket, int number, asio::ssl::context* tls)
    : socket_(std::move(socket)), number_(number) {
  if (tls) tls_.emplace(socket_, *tls);
}

Task<bool> Peer::handshake() {
  if (!tls_) co_return true;
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kAsTuple);
  co_return !error;
}

Task<std::size_t> Peer::read_some() {
  char bytes[4096];
  const auto buffer = asio::buffer(bytes);
  const auto [error, size] = tls_ ? co_await tls_->async_read_some(buffer, kAsTuple)
                                  : co_await socket_.async_read_some(buffer, kAsTuple);
  received_.append(bytes, size);
  co_return size;
}

Task<std::string> Peer::request() {
  for (;;) {
    const auto head_end = received_.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const auto size = head_end + 4 + content_length(received_.substr(0, head_end + 4));
      if (received_.size() >= size) {
        std::string out = received_.substr(0, size);
        received_.erase(0, size);
        co_return out;
      }
    }
    if (co_await read_some() == 0) co_return std::string();
  }
}

Task<void> Peer::send(std::string bytes) {
  if (tls_) {
    co_await asio::async_write(*tls_, asio::buffer(bytes), kAsTuple);
  } else {
    co_await asio::async_write(socket_, asio::buffer(bytes), kAsTuple);
  }
}

Script answers(std::vector<std::string> bytes) {
  auto next = std::make_shared<std::size_t>(0);
  return [bytes = std::move(bytes), next](Peer& peer) -> Task<void> {
    while (!(co_await peer.request()).empty()) {
      if (*next < bytes.size()) co_await peer.send(bytes[(*next)++]);
    }
  };
}

Script silence() {
  return answers({});
}

std::string ok(std::string body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Server::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, Script the_script, std::shared_ptr<asio::ssl::context> the_tls)
      : acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        script(std::move(the_script)),
        tls(std::move(the_tls)) {}

  tcp::acceptor acceptor;
  Script script;
  std::shared_ptr<asio::ssl::context> tls;
  int connections = 0;
  int closed = 0;

  static Task<void> serve(std::shared_ptr<State> state, tcp::socket socket) {
    Peer peer(std::move(socket), ++state->connections, state->tls.get());
    if (co_await peer.handshake()) co_await state->script(peer);
    ++state->closed;
  }

  static Task<void> accept(std::shared_ptr<State> state) {
    for (;;) {
      auto [error, socket] = co_await state->acceptor.async_accept(kAsTuple);
      if (error) co_return;
      asio::co_spawn(state->acceptor.get_executor(), serve(state, std::move(socket)), kIgnore);
    }
  }
};

Server::Server(asio::io_context& io, Script script, std::shared_ptr<asio::ssl::context> tls)
    : state_(std::make_shared<State>(io, std::move(script), std::move(tls))) {
  asio::co_spawn(io, State::accept(state_), kIgnore);
}

Server::~Server() {
  state_->acceptor.close();
}

std::string Server::url(std::string path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + path;
}

std::uint16_t Server::port() const {
  return state_->acceptor.local_endpoint().port();
}
int Server::connections() const {
  return state_->connections;
}
int Server::closed() const {
  return state_->closed;
}

std::shared_ptr<asio::ssl::context> self_signed(const std::string& host,
                                                const std::string& pem_path) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509* x509 = certificate.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, key.get());
  X509_NAME* name = X509_get_subject_name(x509);
  const auto* text = reinterpret_cast<const unsigned char*>("settled test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(x509, name);
  const auto extend = [&](int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_basic_constraints, "critical,CA:TRUE");
  extend(NID_subject_alt_name, "DNS:" + host);
  X509_sign(x509, key.get(), EVP_sha256());

  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(pem_path.c_str(), "w"),
                                                       &BIO_free);
  if (!file || PEM_write_bio_X509(file.get(), x509) != 1) {
    throw std::runtime_error("cannot write " + pem_path);
  }
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_use_certificate(context->native_handle(), x509);
  SSL_CTX_use_PrivateKey(context->native_handle(), key.get());
  return context;
}

}  // namespace settled::chains::http
