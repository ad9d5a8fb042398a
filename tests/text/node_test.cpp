#include "text/node.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace slipway::text {
namespace {

Node good(std::string_view bytes) {
  auto node = parse_yaml(bytes, "f.yaml");
  EXPECT_TRUE(node) << (node ? "" : render(node.error()));
  return node ? *node : Node{};
}

Diagnostic bad(std::string_view bytes) {
  auto node = parse_yaml(bytes, "f.yaml");
  EXPECT_FALSE(node) << "accepted: " << bytes.substr(0, 60);
  if (node || node.error().empty()) return {};
  return node.error().front();
}

TEST(Parse, TreeWithPlaces) {
  const Node n = good("a: 1\nb:\n  - x\n  - \"5\"\nc: {d: ~, e: 'q'}\n");
  ASSERT_TRUE(n.is_map());
  EXPECT_EQ(n.find("a")->scalar, "1");
  EXPECT_FALSE(n.find("a")->quoted);
  EXPECT_EQ(n.find("a")->place, (Place{"f.yaml", 1, 4, 1}));
  EXPECT_EQ(n.find("b")->items[1].place, (Place{"f.yaml", 4, 5, 3}));
  EXPECT_TRUE(n.find("b")->items[1].quoted);
  EXPECT_TRUE(n.find("c")->find("d")->is_null());
  EXPECT_EQ(n.entries[2].key_place, (Place{"f.yaml", 5, 1, 1}));
  EXPECT_EQ(n.find("z"), nullptr);
}

TEST(Parse, JsonIsYaml) {
  const Node n = good("{\n\t\"a\": [1, true, null],\n\t\"b\": {\"c\": \"d\"}\n}");
  EXPECT_EQ(n.find("a")->items.size(), 3u);
  EXPECT_EQ(n.find("b")->find("c")->scalar, "d");
}

TEST(Parse, ColumnsCountBytes) {
  const Node n = good("{\"ä\": x}");
  EXPECT_EQ(n.entries[0].value.place.column, 8);
}

TEST(Parse, EmptyIsANullNode) {
  EXPECT_TRUE(good("").is_null());
  EXPECT_TRUE(good("# nothing\n").is_null());
  EXPECT_EQ(good("\xef\xbb\xbf"
                 "a: 1")
                .find("a")
                ->place.column,
            4);
}

TEST(Parse, AnchorsAndMergeKeys) {
  const Node n = good("base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\nagain: *b\n");
  EXPECT_EQ(n.find("mine")->find("x")->scalar, "1");
  EXPECT_EQ(n.find("mine")->find("y")->scalar, "3");
  EXPECT_EQ(n.find("again")->find("y")->scalar, "2");
}

TEST(Hostile, Size) {
  EXPECT_EQ(bad(std::string(limits::kConfigBytes + 1, '#')).code, "too_large");
  good(std::string(limits::kConfigBytes, '#'));
}

TEST(Hostile, Depth) {
  const auto deep = [](int n) {
    return std::string(static_cast<std::size_t>(n), '[') +
           std::string(static_cast<std::size_t>(n), ']');
  };
  good(deep(limits::kConfigDepth));
  EXPECT_EQ(bad(deep(limits::kConfigDepth + 1)).code, "too_deep");
  EXPECT_EQ(bad(std::string(200'000, '[')).code, "too_deep");
}

TEST(Hostile, ExplodingAnchors) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 9; ++i) {
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 9; ++k) laughs += (k ? ", *a" : "*a") + std::to_string(i - 1);
    laughs += "]\n";
  }
  const Diagnostic d = bad(laughs);
  EXPECT_EQ(d.code, "too_many_nodes");
  EXPECT_GT(d.place.line, 1);
  EXPECT_FALSE(d.excerpt.empty());
}

TEST(Hostile, LongScalarsCannotBeMultiplied) {
  std::string bytes = "a: &a " + std::string(100'000, 'x') + "\nb:\n";
  for (int i = 0; i < 10'000; ++i) bytes += "- *a\n";
  EXPECT_EQ(bad(bytes).code, "too_many_nodes");
}

TEST(Hostile, TooManyNodes) {
  std::string bytes;
  for (std::size_t i = 0; i <= limits::kConfigNodes; ++i) bytes += "- x\n";
  EXPECT_EQ(bad(bytes).code, "too_many_nodes");
}

TEST(Hostile, AliasCyclesAndUnknownAliases) {
  EXPECT_EQ(bad("a: &a [1, *a]\n").code, "alias_cycle");
  EXPECT_EQ(bad("a: &a {b: *a}\n").place, (Place{"f.yaml", 1, 11, 2}));
  EXPECT_EQ(bad("a: *nowhere\n").code, "unknown_alias");
}

TEST(Hostile, DuplicateKeysNameBothPlaces) {
  const Diagnostic d = bad("a: 1\nb: 2\na: 3\n");
  EXPECT_EQ(d.code, "duplicate_key");
  EXPECT_EQ(d.place, (Place{"f.yaml", 3, 1, 1}));
  EXPECT_NE(d.text.find("line 1"), std::string::npos);
  EXPECT_EQ(d.excerpt, "a: 3");
}

TEST(Hostile, SeveralFaultsAtOnce) {
  auto node = parse_yaml("a: 1\na: 2\nb: 1\nb: *x\n", "f.yaml");
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().size(), 3u);
}

TEST(Hostile, Bytes) {
  using namespace std::string_literals;
  const Diagnostic nul = bad("a: 1\nb: x\0y\n"s);
  EXPECT_EQ(nul.code, "nul_byte");
  EXPECT_EQ(nul.place, (Place{"f.yaml", 2, 5, 1}));
  EXPECT_EQ(bad("a: \"x\\0y\"\n").code, "nul_byte");
  EXPECT_EQ(bad("a: caf\xe9\n").code, "not_utf8");
  EXPECT_EQ(bad("a: \xed\xa0\x80\n").code, "not_utf8");  // a surrogate
  EXPECT_EQ(bad("a: \xc0\xaf\n").code, "not_utf8");      // overlong
  EXPECT_EQ(bad("\xff\xfe"
                "a\0:\0 \0"s)
                .code,
            "nul_byte");  // UTF-16
  EXPECT_EQ(bad("a: \x01\n").code, "bad_character");
}

TEST(Hostile, TabsAsIndentation) {
  const Diagnostic d = bad("a:\n\tb: 1\n");
  EXPECT_EQ(d.code, "tab");
  EXPECT_EQ(d.place, (Place{"f.yaml", 2, 1, 1}));
  EXPECT_EQ(d.hint, "indent with spaces");
}

TEST(Hostile, SeveralDocuments) {
  const Diagnostic d = bad("a: 1\n---\nb: 2\n");
  EXPECT_EQ(d.code, "several_documents");
  EXPECT_EQ(d.place.line, 2);
  good("---\na: 1\n");
}

TEST(Hostile, SyntaxAndKeys) {
  EXPECT_EQ(bad("a: [1, 2\nb: 3\n").code, "syntax");
  EXPECT_EQ(bad("a: \"open\n").code, "syntax");
  EXPECT_EQ(bad("? [a, b]\n: c\n").code, "bad_key");
  EXPECT_EQ(bad("a: !!python/object x\n").code, "tag");
  EXPECT_FALSE(bad("a: b: c\n").hint.empty());
}

TEST(Nearest, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> known = {"replicas", "strategy", "run", "health", "hosts"};
  EXPECT_EQ(nearest("replcias", known), "replicas");  // two neighbours swapped
  EXPECT_EQ(nearest("stratgy", known), "strategy");
  EXPECT_EQ(nearest("host", known), "hosts");
  EXPECT_EQ(nearest("ran", known), "run");
  EXPECT_EQ(nearest("database", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(std::string(1000, 'r'), known), "");
}

}  // namespace
}  // namespace slipway::text
