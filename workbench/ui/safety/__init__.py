"""What keeps a person from hurting the wrong account, as far as it is seen: frame, questions, locks."""
