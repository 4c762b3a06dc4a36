package billing

// GiftCodeHash is what is kept of a code, as somebody typed it. Its fault is
// Invalid and says what is wrong with the code.
func GiftCodeHash(typed string) (string, error) {
	code, err := ParseGiftCode(typed)
	if err != nil {
		return "", err
	}
	return hashGiftCode(code), nil
}
