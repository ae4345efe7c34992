// A person at the provider of OAuth, in the window that the console opens.

/** What a person does in the pop-up: begins, logs in, agrees, until the console has closed it. */
export async function agree(person, popup) {
  await person.until('the provider has sent the person back', async () => {
    try {
      await step(popup);
    } catch (error) {
      // Each page of the provider leads to the next by itself or by a click: a look may fall between two of them.
      if (!popup.isClosed() && !/navigation|context was destroyed|detached/i.test(error.message)) throw error;
    }
    return popup.isClosed() || new URL(popup.url()).pathname.startsWith('/v1/oauth/callback');
  });
}

async function step(popup) {
  await popup.waitForLoadState('load');
  if (await popup.$('a.go')) await popup.click('a.go');
  else if (await popup.$('input[name=login]')) {
    await popup.fill('input[name=login]', 'ada');
    await popup.fill('input[name=password]', 'secret');
    await popup.click('button[type=submit]');
  } else if (await popup.$('button[type=submit]')) await popup.click('button[type=submit]');
}
