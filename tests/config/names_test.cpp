// ${name}, secrets and what is missing.
#include "given.h"

namespace slipway::config {
namespace {

TEST(Fill, EscapesStayUntilTheLastFill) {
  const std::string text = "a ${version} $${version} ${port} $HOME $$ ${x";
  EXPECT_EQ(fill(text, {{"version", "v2"}}, Fill::more_follow),
            "a v2 $${version} ${port} $HOME $$ ${x");
  EXPECT_EQ(fill(fill(text, {{"version", "v2"}}, Fill::more_follow), {{"port", "1"}}),
            "a v2 ${version} 1 $HOME $$ ${x");
  EXPECT_EQ(fill(fill("${a}", {{"a", "${b}"}}, Fill::more_follow), {{"b", "no"}}), "${b}");
  EXPECT_EQ(fill(fill("${a}", {{"a", "$${b}"}}, Fill::more_follow), {{"b", "no"}}), "$${b}");
}

TEST(Names, OrderOfPlaces) {
  Sources s = given(
      "service: { run: [\"${A} ${B} ${C} ${D} ${E} ${environment}/${service} ${version}\"], name: "
      "w }\n"
      "environments: { p: { env: { A: \"1${A}\" }, B: own, services: { w: { env: { D: near } } } } "
      "}\n");
  s.env_files["p"] = "# file\nA=file\nexport C='file c'\nD=file\n";
  s.variables = {{"A", "agent"}, {"C", "agent"}, {"E", "$${x} ${y}"}};
  const Config c = good(s);
  EXPECT_EQ(only(c).run.value[0], "1file own file c near $$${x} $${y} p/w ${version}");
  EXPECT_EQ(fill(only(c).run.value[0], {{"version", "v1"}}),
            "1file own file c near $${x} ${y} p/w v1");
  EXPECT_EQ(only(c).env.at("A").value, "1file");
  EXPECT_EQ(only(c).env.at("C").value, "file c");
  EXPECT_EQ(only(c).env.at("C").origin.file, "environments/p.env");
  EXPECT_EQ(only(c).env.at("C").origin.line, 3);
}

TEST(Names, UnknownHasItsPlaceAndTheNearest) {
  const auto d = error(web("", "    env: { X: \"${verison}\" }\n"));
  EXPECT_EQ(d.code, "unknown_name");
  EXPECT_EQ(d.place.line, 7);
  EXPECT_EQ(d.hint, "did you mean `${version}`?");
  EXPECT_EQ(error(web("", "    env: { X: \"${a-b}\" }\n")).code, "bad_placeholder");
  EXPECT_EQ(error(web("", "    env: { X: \"${a\" }\n")).code, "bad_placeholder");
}

TEST(Names, GrowthIsBounded) {
  std::string env = "    env:\n      A0: \"0123456789\"\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "${A" + std::to_string(i - 1) + "}";
    env += "      A" + std::to_string(i) + ": \"" + last + last + "\"\n";
  }
  EXPECT_EQ(errors(given(web("", env)))[0].code, "too_large");
}

TEST(Secrets, AreNeverPutInTheOpen) {
  const auto with = [](const std::string& run, const std::string& env) {
    Sources s = given("service: { name: w, run: [\"" + run + "\"], secrets: [KEY], env: {" + env +
                      "} }\nenvironments: { p: {} }\n");
    s.variables["KEY"] = "hunter2";
    return s;
  };
  EXPECT_EQ(errors(with("${KEY}", ""))[0].code, "secret_in_the_open");
  EXPECT_NE(errors(with("${KEY}", ""))[0].hint.find("in its environment as KEY"),
            std::string::npos);
  EXPECT_EQ(errors(with("x", "KEY: hunter2"))[0].code, "secret_in_the_open");
  EXPECT_EQ(text::render(errors(with("x", "KEY: hunter2"))).find("hunter2"), std::string::npos);
  EXPECT_EQ(errors(with("x", "URL: \"x://${KEY}\""))[0].code, "not_supported");
  const Config c = good(with("x", "KEY: \"${KEY}\""));
  EXPECT_EQ(only(c).secrets, std::vector<std::string>{"KEY"});
  EXPECT_TRUE(only(c).env.empty());
}

TEST(Secrets, FreeValuesDoNotLaunderThem) {
  Sources s = given(
      "service: { name: w, run: [\"${database}\"], secrets: [KEY] }\n"
      "environments: { p: { database: \"x://${KEY}\" } }\n");
  s.variables["KEY"] = "hunter2";
  EXPECT_EQ(errors(s)[0].code, "secret_in_the_open");
}

TEST(Secrets, MissingOnesInTheListedOrder) {
  Sources s = given(
      "required_secrets: [Z, A]\nservice: { name: w, run: [\"${HOME_X}\"], secrets: [M, A] }\n"
      "environments: { p: { required_secrets: [K] } }\n");
  s.variables["A"] = "";
  const auto all = errors(s);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].text, "Missing environment variables: Z, A, K, M, HOME_X");
  s.caller = {{"Z", "1"}, {"K", "1"}, {"HOME_X", "not a secret: not taken from the caller"}};
  s.env_files["p"] = "A=1\n";
  EXPECT_EQ(errors(s)[0].text, "Missing environment variables: M, HOME_X");
  s.variables["M"] = s.variables["HOME_X"] = "1";
  const Config c = good(s);
  EXPECT_EQ(only(c).secrets, (std::vector<std::string>{"Z", "A", "K", "M"}));
  EXPECT_EQ(only(c).secrets_from_caller, (std::vector<std::string>{"Z", "K"}));
  EXPECT_FALSE(only(c).env.contains("A"));
}

TEST(Secrets, OnlyTheAskedEnvironmentsCount) {
  Sources s = given(
      "service: { name: w, run: [x] }\nenvironments:\n"
      "  a: { required_secrets: [A] }\n  b: { required_secrets: [B] }\n");
  EXPECT_EQ(errors(s)[0].text, "Missing environment variables: A, B");
  s.environment = "a";
  EXPECT_EQ(errors(s)[0].text, "Missing environment variables: A");
  s.variables["A"] = "1";
  const Config c = good(s);
  EXPECT_TRUE(noted(c, "Missing environment variables: B"));
  EXPECT_EQ(c.find("b", "w")->missing, std::vector<std::string>{"B"});
  s.variables.clear();
  s.variables_required = false;
  good(s);
}

TEST(EnvFile, BrokenLinesNeverShowTheirText) {
  Sources s = given(web());
  s.env_files["production"] = "GOOD=1\nhunter2 is not a line\n";
  const auto all = errors(s);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].place.file, "environments/production.env");
  EXPECT_EQ(all[0].place.line, 2);
  EXPECT_EQ(text::render(all[0]).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace slipway::config
