#include "../../../src/app/python_text.hpp"

#include <gtest/gtest.h>

namespace offlineimap::app {
namespace {

TEST(PythonText, BytesLookAsPythonPrintsThem) {
    EXPECT_EQ(python_bytes("* OK [ID] ready."), "b'* OK [ID] ready.'");
    EXPECT_EQ(python_bytes(""), "b''");
    EXPECT_EQ(python_bytes("it's"), "b\"it's\"");
    EXPECT_EQ(python_bytes("it's \"so\""), "b'it\\'s \"so\"'");
    EXPECT_EQ(python_bytes("a\\b\t\r\n\x1b\xc3\xa4"), "b'a\\\\b\\t\\r\\n\\x1b\\xc3\\xa4'");
}

TEST(PythonText, TupleLooksAsPythonPrintsIt) {
    EXPECT_EQ(python_tuple({"IMAP4REV1", "ID"}), "('IMAP4REV1', 'ID')");
    EXPECT_EQ(python_tuple({"IMAP4REV1"}), "('IMAP4REV1',)");
    EXPECT_EQ(python_tuple({}), "()");
}

}  // namespace
}  // namespace offlineimap::app
