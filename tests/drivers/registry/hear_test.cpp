// What registries answer, and what stands in a login file.
#include <fmt/format.h>

#include "world.h"

namespace slipway::registry {
namespace {

Answer answered(int status, std::string body = "",
                std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {status, std::move(body), std::move(headers), {}};
}

Challenge challenged(std::vector<std::string> lines) {
  Answer a{.status = 401};
  for (auto& line : lines) a.headers.emplace_back("www-authenticate", line);
  return hear_challenge(a);
}

TEST(Hear, AChallengeInEveryWriting) {
  const auto bearer = challenged(
      {R"(Bearer realm="https://t.example/a?b=c,d",service="the \"one\"",scope="repository:a:pull")"});
  EXPECT_EQ(bearer.kind, Challenge::Kind::bearer);
  EXPECT_EQ(bearer.realm, "https://t.example/a?b=c,d");
  EXPECT_EQ(bearer.service, R"(the "one")");
  EXPECT_EQ(bearer.scope, "repository:a:pull");
  EXPECT_EQ(challenged({"bearer  Realm=https://t.example , service=x"}).service, "x");
  EXPECT_EQ(challenged({R"(BASIC realm="here")"}).kind, Challenge::Kind::basic);
  EXPECT_EQ(challenged({R"(Basic realm="here")", R"(Bearer realm="https://t")"}).realm,
            "https://t");
  EXPECT_EQ(challenged({"Bearer service=x"}).kind, Challenge::Kind::none);
  EXPECT_EQ(challenged({"Negotiate"}).kind, Challenge::Kind::none);
  EXPECT_EQ(challenged({R"(Bearer realm="https://t)"}).realm, "https://t");
}

TEST(Hear, ATokenByEitherNameAndNeverInAnError) {
  EXPECT_EQ(hear_token(answered(200, R"({"token":"abc","expires_in":300})"))->life, Duration(300s));
  EXPECT_EQ(hear_token(answered(200, R"({"access_token":"abc"})"))->value.reveal(), "abc");
  EXPECT_EQ(hear_token(answered(200, R"({"token":"a","expires_in":1})"))->life, Duration(60s));
  for (const auto& bad : {answered(200, "abc secret"), answered(200, R"({"tokken":"secret"})"),
                          answered(401, R"({"details":"secret"})")}) {
    const auto token = hear_token(bad);
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().text.find("secret"), std::string::npos) << token.error().text;
  }
}

TEST(Hear, AManifestIsItsBytes) {
  const Picture picture{.layer = "layer"};
  const std::string bytes = picture.manifest(), digest = digest_of(bytes);
  const auto good = hear_manifest(
      answered(200, bytes, {{"content-type", kOciManifest}, {"docker-content-digest", digest}}),
      digest);
  ASSERT_TRUE(good) << good.error().text;
  EXPECT_EQ(good->self.digest, digest);
  EXPECT_EQ(good->config->digest, digest_of(picture.config));
  EXPECT_EQ(good->layers.at(0).size, 5u);
  const std::string other = digest_of("other");
  EXPECT_EQ(hear_manifest(answered(200, bytes), other).error().fault, Fault::corrupt);
  EXPECT_EQ(
      hear_manifest(answered(200, bytes, {{"docker-content-digest", other}}), "").error().fault,
      Fault::corrupt);
  EXPECT_EQ(hear_manifest(answered(200, bytes, {{"content-type", kDockerIndex}}), "").error().fault,
            Fault::corrupt);
  EXPECT_EQ(hear_manifest(answered(200, "[1]"), "").error().fault, Fault::corrupt);
  EXPECT_EQ(hear_manifest(answered(200, R"({"schemaVersion":1})"), "").error().fault,
            Fault::unsupported);
  EXPECT_EQ(
      hear_manifest(answered(200, R"({"manifests":[{"digest":"../../etc"}]})"), "").error().fault,
      Fault::corrupt);
}

TEST(Hear, TheImageOfAPlatform) {
  const auto entry = [](const char* os, const char* architecture, const char* variant) {
    return Descriptor{digest_of(fmt::format("{}{}{}", os, architecture, variant)), "", 1,
                      Platform{os, architecture, variant}};
  };
  const std::vector<Descriptor> all = {
      entry("unknown", "unknown", ""), entry("linux", "amd64", ""),   entry("linux", "arm", "v5"),
      entry("linux", "arm", "v6"),     entry("linux", "arm64", "v8"), entry("windows", "386", "")};
  const auto chosen = [&](const Platform& p) {
    auto one = choose(all, p);
    return one ? fmt::format("{}/{}/{}", one->platform.os, one->platform.architecture,
                             one->platform.variant)
               : one.error().text;
  };
  EXPECT_EQ(chosen({"linux", "amd64", ""}), "linux/amd64/");
  EXPECT_EQ(chosen({"linux", "arm64", ""}), "linux/arm64/v8");
  EXPECT_EQ(chosen({"linux", "arm", "v7"}), "linux/arm/v6");
  EXPECT_EQ(chosen({"linux", "arm", "v5"}), "linux/arm/v5");
  EXPECT_EQ(chosen({"linux", "386", ""}),
            "there is no image for linux/386, but for linux/amd64, linux/arm/v5, linux/arm/v6, "
            "linux/arm64/v8, windows/386; build it for this machine");
}

TEST(Hear, HowFarAnUploadIs) {
  const auto have = [](const char* range) {
    return hear_upload(answered(202, "", {{"location", "/u"}, {"range", range}}))->have;
  };
  EXPECT_EQ(have("0-1023"), 1024u);
  EXPECT_EQ(have("bytes=0-9"), 10u);
  EXPECT_EQ(have("0-0"), 0u);
  EXPECT_EQ(have(""), 0u);
  EXPECT_EQ(hear_upload(answered(416)).error().fault, Fault::conflict);
  EXPECT_EQ(hear_upload(answered(404)).error().fault, Fault::missing);
}

TEST(Hear, PagesOfTags) {
  const auto page =
      hear_tags(answered(200, R"({"name":"web","tags":["v1","v2"]})",
                         {{"link", R"(</v2/web/tags/list?last=v2&n=2>; rel="next")"}}));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->names.size(), 2u);
  EXPECT_EQ(page->next, "/v2/web/tags/list?last=v2&n=2");
  EXPECT_EQ(hear_tags(answered(200, R"({"tags":null})"))->next, "");
}

TEST(Hear, ErrorsSayWhatMayHelp) {
  const auto said = [](int status, const char* body = "") {
    return error_of(answered(status, body), "reading the manifest").text;
  };
  EXPECT_EQ(said(404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})"),
            "reading the manifest: there is no such thing (MANIFEST_UNKNOWN: manifest unknown); "
            "push it, or name another");
  EXPECT_NE(said(401).find("the password is wrong"), std::string::npos);
  EXPECT_NE(said(400).find("certs.d"), std::string::npos) << "a HEAD has no words";
  EXPECT_NE(said(400, "Client sent an HTTP request to an HTTPS server.\n").find("certs.d"),
            std::string::npos);
  EXPECT_EQ(error_of(answered(503), "x").fault, Fault::unavailable);
  EXPECT_EQ(said(500, "<html>a page</html>"), "reading the manifest: status 500");
}

TEST(LoginFile, HoldsLoginsInEveryWriting) {
  const auto file = hear_login_file(fmt::format(
      R"({{"auths":{{"r.example":{{"auth":"{}"}},"https://s.example/v1/":{{"username":"u","password":"p"}},
      "t.example":{{"identitytoken":"it"}},"empty.example":{{}},"bad.example":{{"auth":"%%%"}}}},
      "credsStore":"pass","credHelpers":{{"h.example":"own"}}}})",
      base64("ana:with:colons")));
  ASSERT_TRUE(file) << file.error().text;
  EXPECT_EQ(login_in(*file, "r.example")->user, "ana");
  EXPECT_EQ(login_in(*file, "r.example")->password.reveal(), "with:colons");
  EXPECT_EQ(login_in(*file, "s.example")->user, "u");
  EXPECT_EQ(login_in(*file, "t.example")->identity_token.reveal(), "it");
  for (const char* none : {"empty.example", "bad.example", "x.example"})
    EXPECT_FALSE(login_in(*file, none)) << none;
  EXPECT_EQ(keeper_of(*file, "h.example"), "own");
  EXPECT_EQ(keeper_of(*file, "r.example"), "pass");
  EXPECT_FALSE(hear_login_file("[]"));
  EXPECT_EQ(engine_auth(login_in(*file, "t.example"), "t.example").reveal(),
            "eyJzZXJ2ZXJhZGRyZXNzIjoidC5leGFtcGxlIiwiaWRlbnRpdHl0b2tlbiI6Iml0In0=");
  EXPECT_TRUE(engine_auth(std::nullopt, "t.example").empty());
}

TEST(Keeper, IsHeard) {
  EXPECT_EQ((*hear_keeper("x", {0, R"({"ServerURL":"r","Username":"u","Secret":"s"})"}))->user,
            "u");
  EXPECT_EQ(
      (*hear_keeper("x", {0, R"({"Username":"<token>","Secret":"s"})"}))->identity_token.reveal(),
      "s");
  EXPECT_FALSE(*hear_keeper("x", {1, "credentials not found in native keychain"}));
  for (const Kept& bad : {Kept{1, "secret"}, Kept{0, "secret"}, Kept{127, "secret"}}) {
    const auto login = hear_keeper("x", bad);
    ASSERT_FALSE(login);
    EXPECT_EQ(login.error().text.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace slipway::registry
