#include "proto/value.h"

const char *value_kind_text(enum value_kind k)
{
    switch (k) {
    case VALUE_NIL:
        return "null";
    case VALUE_BOOL:
        return "a boolean";
    case VALUE_INT:
    case VALUE_UINT:
        return "an integer";
    case VALUE_FLOAT:
        return "a float";
    case VALUE_STR:
        return "a string";
    case VALUE_BIN:
        return "binary data";
    case VALUE_EXT:
        return "an extension type";
    case VALUE_ARRAY:
        return "an array";
    case VALUE_MAP:
        return "a map";
    case VALUE_END:
        break;
    }
    return "nothing";
}
